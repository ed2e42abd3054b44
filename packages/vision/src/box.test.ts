import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { area, clipBox, iou, xywhToXyxy, xyxyToXywh } from "./box.ts";
import type { BoxXyxy } from "./box.ts";

const seed = 20170425;
const coordinate = fc.integer({ min: -200, max: 200 });
const anyBox = fc
  .tuple(coordinate, coordinate, fc.nat(100), fc.nat(100))
  .map(([x, y, w, h]): BoxXyxy => [x, y, x + w, y + h]);

test("xywh and xyxy convert into each other", () => {
  assert.deepEqual(xywhToXyxy([10, 20, 30, 40]), [10, 20, 40, 60]);
  assert.deepEqual(xyxyToXywh([10, 20, 40, 60]), [10, 20, 30, 40]);
});

test("area is 0 for empty and inverted boxes", () => {
  assert.equal(area([1, 2, 4, 6]), 12);
  assert.equal(area([1, 2, 1, 6]), 0);
  assert.equal(area([4, 6, 1, 2]), 0);
});

const overlaps: [string, BoxXyxy, BoxXyxy, number][] = [
  ["same box", [0, 0, 10, 10], [0, 0, 10, 10], 1],
  ["half over", [0, 0, 10, 10], [5, 0, 15, 10], 50 / 150],
  ["one inside the other", [0, 0, 10, 10], [2, 2, 7, 6], 20 / 100],
  ["touching edges", [0, 0, 10, 10], [10, 0, 20, 10], 0],
  ["apart", [0, 0, 10, 10], [50, 50, 60, 60], 0],
  ["apart in both axes, so that both extents are negative", [0, 0, 1, 1], [5, 5, 6, 6], 0],
  ["empty box", [5, 5, 5, 5], [0, 0, 10, 10], 0],
  ["two empty boxes at one place", [5, 5, 5, 5], [5, 5, 5, 5], 0],
  ["inverted box", [10, 10, 0, 0], [0, 0, 10, 10], 0],
  ["box with NaN", [Number.NaN, 0, 10, 10], [0, 0, 10, 10], 0],
  ["two unbounded boxes", [-Infinity, 0, Infinity, 9], [-Infinity, 0, Infinity, 9], 0],
];
for (const [name, a, b, expected] of overlaps) {
  test(`IoU: ${name}`, () => {
    assert.equal(iou(a, b), expected);
    assert.equal(iou(b, a), expected);
  });
}

test("IoU is symmetric, within 0 to 1, and 1 for a box with itself", () => {
  fc.assert(
    fc.property(anyBox, anyBox, (a, b) => {
      const value = iou(a, b);
      assert.ok(value >= 0 && value <= 1);
      assert.equal(iou(b, a), value);
      assert.equal(iou(a, a), area(a) > 0 ? 1 : 0);
    }),
    { seed },
  );
});

test("clipping keeps what is inside and empties what is outside", () => {
  assert.deepEqual(clipBox([-5, 10, 50, 120], 100, 80), [0, 10, 50, 80]);
  assert.deepEqual(clipBox([110, -9, 130, -1], 100, 80), [100, 0, 100, 0]);
  assert.deepEqual(clipBox([1.5, 2.5, 3.5, 4.5], 100, 80), [1.5, 2.5, 3.5, 4.5]);
});

test("a clipped box is the intersection with the picture", () => {
  fc.assert(
    fc.property(anyBox, (box) => {
      const clipped = clipBox(box, 120, 90);
      assert.deepEqual(clipBox(clipped, 120, 90), clipped);
      const picture: BoxXyxy = [0, 0, 120, 90];
      const union = area(box) + area(picture) - area(clipped);
      assert.ok(Math.abs(iou(box, picture) - area(clipped) / union) < 1e-12);
    }),
    { seed },
  );
});
