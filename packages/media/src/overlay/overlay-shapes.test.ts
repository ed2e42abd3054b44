import assert from "node:assert/strict";
import { test } from "node:test";
import { boxShape, trailShape } from "./overlay-shapes.ts";

test("a box is a ring around its edge, in eighths of a pixel", () => {
  assert.equal(
    boxShape([10, 20, 30, 40], 2),
    "m 72 152 l 328 152 328 488 72 488 m 88 168 l 88 472 312 472 312 168",
  );
});

test("a box that is thinner than its line is filled", () => {
  assert.equal(boxShape([10, 10, 1, 5], 2).split("m").length, 2);
});

test("a trail has a stroke per step, growing towards its end", () => {
  const shape = trailShape(
    [
      [0, 10],
      [10, 10],
      [20, 10],
    ],
    3,
  );
  assert.equal(shape, "m 0 84 l 0 76 80 72 80 88 m 80 88 l 80 72 160 68 160 92");
});

test("a trail of one point, or of one that stands still, is nothing", () => {
  assert.equal(trailShape([], 2), "");
  assert.equal(trailShape([[1, 1]], 2), "");
  assert.equal(
    trailShape(
      [
        [1, 1],
        [1.1, 1],
      ],
      2,
    ),
    "",
  );
});
