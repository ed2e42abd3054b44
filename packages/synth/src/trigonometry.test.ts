import assert from "node:assert/strict";
import { test } from "node:test";
import { cosine, radians, sine } from "./trigonometry.ts";

test("sine and cosine are close to the true ones over many turns", () => {
  for (let angle = -40; angle < 40; angle += 0.037) {
    assert.ok(Math.abs(sine(angle) - Math.sin(angle)) < 1e-6);
    assert.ok(Math.abs(cosine(angle) - Math.cos(angle)) < 1e-6);
  }
  assert.equal(sine(0), 0);
  assert.equal(radians(180), 3.141592653589793);
});
