import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { iou } from "@framequeue/vision";
import type { BoxXyxy } from "@framequeue/vision";
import { iouMatrix, unambiguousPairs } from "./iou-matrix.ts";

const seed = 20160202;

test("has the IoU of every pair", () => {
  const coordinate = fc.double({ min: -20, max: 20, noNaN: true });
  const side = fc.oneof(fc.constant(0), fc.double({ min: 0.5, max: 30, noNaN: true }));
  const boxes = fc.array(
    fc
      .tuple(coordinate, coordinate, side, side)
      .map(([x, y, width, height]): BoxXyxy => [x, y, x + width, y + height]),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(boxes, boxes, (a, b) => {
      const expected = a.flatMap((boxA) => b.map((boxB) => iou(boxA, boxB)));
      assert.deepEqual([...iouMatrix(a, b)], expected);
    }),
    { seed, numRuns: 300 },
  );
});

const tables: [string, number[][], number[] | null][] = [
  ["none above the threshold", [[0.3, 0.1]], null],
  [
    "one per row and column",
    [
      [0, 0.4, 0.3],
      [0.9, 0, 0],
      [0, 0, 0.2],
    ],
    [1, 0, -1],
  ],
  ["two in a row", [[0.4, 0.5]], null],
  ["two in a column", [[0.4], [0.5]], null],
];
for (const [name, rows, expected] of tables) {
  test(`unambiguous pairs: ${name}`, () => {
    const pairs = unambiguousPairs(
      Float64Array.from(rows.flat()),
      rows.length,
      rows[0]!.length,
      0.3,
    );
    assert.deepEqual(pairs === null ? null : [...pairs], expected);
  });
}
