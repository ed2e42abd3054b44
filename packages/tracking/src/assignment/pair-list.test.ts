import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { iou } from "@framequeue/vision";
import type { BoxXyxy } from "@framequeue/vision";
import { PairList } from "./pair-list.ts";

const seed = 20160202;

const coordinate = fc.double({ min: 0, max: 100, noNaN: true });
const side = fc.oneof(fc.constant(0), fc.double({ min: 1, max: 60, noNaN: true }));
const box = fc
  .tuple(coordinate, coordinate, side, side)
  .map(([x, y, width, height]): BoxXyxy => [x, y, x + width, y + height]);
// More than a new list has room for.
const boxes = fc.array(box, { maxLength: 25 });
const grown = ([x1, y1, x2, y2]: BoxXyxy): BoxXyxy => [x1, y1, x2 + 1, y2 + 1];

test("holds the IoU of all pairs that overlap; IoU+1 is that of boxes that reach 1 px further right and down", () => {
  const pairs = new PairList();
  fc.assert(
    fc.property(boxes, boxes, fc.boolean(), (rows, columns, plusOne) => {
      if (plusOne) pairs.fillWithIouPlusOne(rows, columns);
      else pairs.fillWithIou(rows, columns);
      const shape = plusOne ? grown : (same: BoxXyxy) => same;
      const expected = rows.map((a) => columns.map((b) => iou(shape(a), shape(b))));
      assert.equal(pairs.count, expected.flat().filter((overlap) => overlap > 0).length);
      for (let at = 0; at < pairs.count; at++) {
        const overlap = expected[pairs.rows[at]!]![pairs.columns[at]!]!;
        assert.ok(Math.abs(pairs.overlaps[at]! - overlap) < 1e-12);
        assert.equal(pairs.gains[at], pairs.overlaps[at]);
      }
    }),
    { seed, numRuns: 300 },
  );
});

test("IoU+1 by hand", () => {
  // 11 x 11 pixels each, 5 columns in common; side by side; apart; a single pixel
  const columns: BoxXyxy[] = [
    [6, 0, 16, 10],
    [10.5, 0, 20, 10],
    [12, 0, 20, 10],
    [3, 3, 3, 3],
  ];
  const pairs = new PairList();
  pairs.fillWithIouPlusOne([[0, 0, 10, 10]], columns);
  assert.deepEqual([...pairs.columns.subarray(0, pairs.count)], [0, 1, 3]);
  const expected = [55 / (121 + 121 - 55), 5.5 / (121 + 115.5 - 5.5), 1 / 121];
  assert.deepEqual([...pairs.overlaps.subarray(0, pairs.count)], expected);
});
