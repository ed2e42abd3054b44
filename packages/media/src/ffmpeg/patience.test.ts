import assert from "node:assert/strict";
import { test } from "node:test";
import { Patience } from "./patience.ts";

test("patience ends where nothing is heard, and only while somebody waits", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  let ends = 0;
  const patience = new Patience(5, () => {
    ends++;
    resolve("given up");
  });
  assert.equal(await patience.during(Promise.resolve("in time")), "in time");
  patience.heard();
  // Longer than the patience, but nobody waits.
  await new Promise((done) => setTimeout(done, 20));
  assert.equal(ends, 0);
  assert.equal(await patience.during(promise), "given up");
  assert.equal(ends, 1);
});
