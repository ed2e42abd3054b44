import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { iou } from "@framequeue/vision";
import type { BoxXyxy } from "@framequeue/vision";
import { iouMatrix, iouPlusOneMatrix } from "./iou-matrix.ts";

const seed = 20160202;

const coordinate = fc.double({ min: -20, max: 20, noNaN: true });
const side = fc.oneof(fc.constant(0), fc.double({ min: 0.5, max: 30, noNaN: true }));
const boxes = fc.array(
  fc
    .tuple(coordinate, coordinate, side, side)
    .map(([x, y, width, height]): BoxXyxy => [x, y, x + width, y + height]),
  { maxLength: 8 },
);

test("has the IoU of every pair", () => {
  fc.assert(
    fc.property(boxes, boxes, (a, b) => {
      const expected = a.flatMap((boxA) => b.map((boxB) => iou(boxA, boxB)));
      assert.deepEqual([...iouMatrix(a, b)], expected);
    }),
    { seed, numRuns: 300 },
  );
});

test("IoU+1 is the IoU of boxes that reach 1 px further right and down", () => {
  const grown = ([x1, y1, x2, y2]: BoxXyxy): BoxXyxy => [x1, y1, x2 + 1, y2 + 1];
  fc.assert(
    fc.property(boxes, boxes, (a, b) => {
      const expected = a.flatMap((boxA) => b.map((boxB) => iou(grown(boxA), grown(boxB))));
      for (const [at, overlap] of iouPlusOneMatrix(a, b).entries()) {
        assert.ok(Math.abs(overlap - expected[at]!) < 1e-12);
      }
    }),
    { seed, numRuns: 300 },
  );
});

test("IoU+1 by hand", () => {
  // 11 x 11 pixels each, 5 columns in common; side by side; a single pixel
  const boxes: BoxXyxy[] = [
    [6, 0, 16, 10],
    [10.5, 0, 20, 10],
    [12, 0, 20, 10],
    [3, 3, 3, 3],
  ];
  const expected = [55 / (121 + 121 - 55), 5.5 / (121 + 115.5 - 5.5), 0, 1 / 121];
  assert.deepEqual([...iouPlusOneMatrix([[0, 0, 10, 10]], boxes)], expected);
});
