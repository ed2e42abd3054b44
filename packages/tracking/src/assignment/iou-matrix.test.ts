import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { iou } from "@framequeue/vision";
import type { BoxXyxy } from "@framequeue/vision";
import { iouMatrix } from "./iou-matrix.ts";

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
