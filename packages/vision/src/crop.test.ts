import assert from "node:assert/strict";
import { test } from "node:test";
import type { BoxXyxy } from "./box.ts";
import { cropOf } from "./crop.ts";

const source = { width: 200, height: 100 };

test("a crop is the pixels that the box touches, inside the frame", () => {
  const rows: [box: BoxXyxy, frame: [number, number], crop: [number, number, number, number]][] = [
    [
      [10, 20, 30, 60],
      [200, 100],
      [10, 20, 20, 40],
    ],
    [
      [10.2, 20.7, 29.1, 59.9],
      [200, 100],
      [10, 20, 20, 40],
    ],
    [
      [10, 20, 30, 60],
      [100, 50],
      [5, 10, 10, 20],
    ],
    // over the border
    [
      [-20, -5, 10, 50],
      [200, 100],
      [0, 0, 10, 50],
    ],
    [
      [190, 90, 230, 130],
      [200, 100],
      [190, 90, 10, 10],
    ],
    // less than a pixel, and outside altogether
    [
      [50.2, 50.2, 50.4, 50.4],
      [200, 100],
      [50, 50, 1, 1],
    ],
    [
      [300, 300, 310, 310],
      [200, 100],
      [199, 99, 1, 1],
    ],
  ];
  for (const [box, [width, height], [x, y, w, h]] of rows) {
    assert.deepEqual(cropOf(box, source, { width, height }), { x, y, width: w, height: h });
  }
});
