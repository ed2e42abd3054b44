import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { BoxXyxy } from "@framequeue/vision";
import { correctAxis, predictAxis, startAxis } from "./constant-velocity.ts";
import { DenseKalman } from "./dense-kalman.ts";
import {
  correctSortFilter,
  predictSortFilter,
  sortFilterBox,
  startSortFilter,
} from "./kalman-sort.ts";

const seed = 19600301;

test("one coordinate, by hand", () => {
  const axis = new Float64Array(5);
  startAxis(axis, 0, 100, 10, 10_000);
  assert.deepEqual([...axis], [100, 0, 10, 0, 10_000]);
  predictAxis(axis, 0, 1, 0.01);
  assert.deepEqual([...axis], [100, 0, 10_011, 10_000, 10_000.01]);
  correctAxis(axis, 0, 105, 1);
  const expected = [
    100 + (5 * 10_011) / 10_012,
    (5 * 10_000) / 10_012,
    10_011 / 10_012,
    10_000 / 10_012,
    10_000.01 - 10_000 ** 2 / 10_012,
  ];
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(axis[i]! - value) < 1e-9);
});

test("a filter starts on its box and predicts it unmoved", () => {
  const filter = startSortFilter([10, 20, 40, 80]);
  assert.deepEqual(sortFilterBox(filter), [10, 20, 40, 80]);
  predictSortFilter(filter);
  assert.deepEqual(sortFilterBox(filter), [10, 20, 40, 80]);
});

test("a filter learns a steady motion", () => {
  const boxAt = (frame: number): BoxXyxy => [3 * frame, 100 - frame, 30 + 3 * frame, 160 - frame];
  const filter = startSortFilter(boxAt(0));
  for (let frame = 1; frame <= 30; frame++) {
    predictSortFilter(filter);
    correctSortFilter(filter, boxAt(frame));
  }
  predictSortFilter(filter);
  for (const [i, value] of sortFilterBox(filter).entries()) {
    assert.ok(Math.abs(value - boxAt(31)[i]!) < 0.01);
  }
});

test("an area about to vanish stops shrinking", () => {
  const filter = startSortFilter([0, 0, 100, 100]);
  for (const side of [60, 20]) {
    predictSortFilter(filter);
    correctSortFilter(filter, [0, 0, side, side]);
  }
  for (let frame = 0; frame < 20; frame++) {
    predictSortFilter(filter);
    const [x1, y1, x2, y2] = sortFilterBox(filter);
    assert.ok(x2 > x1 && y2 > y1);
  }
});

const initialVariances = [10, 10, 10, 10, 1e4, 1e4, 1e4];
const processVariances = [1, 1, 1, 1, 0.01, 0.01, 0.0001];
const measurementVariances = [1, 1, 10, 10];

function measured([x1, y1, x2, y2]: BoxXyxy): number[] {
  const [width, height] = [x2 - x1, y2 - y1];
  return [x1 + width / 2, y1 + height / 2, width * height, width / height];
}

function boxOf(dense: DenseKalman): BoxXyxy {
  const [x, y, area, ratio] = dense.mean.map((row) => row[0]!) as [number, number, number, number];
  const width = Math.sqrt(area * ratio);
  const height = area / width;
  return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
}

test("equals the dense filter over any history of hits and misses", () => {
  const coordinate = fc.double({ min: -50, max: 2000, noNaN: true });
  const side = fc.double({ min: 5, max: 600, noNaN: true });
  const box = fc
    .tuple(coordinate, coordinate, side, side)
    .map(([x, y, width, height]): BoxXyxy => [x, y, x + width, y + height]);
  fc.assert(
    fc.property(box, fc.array(fc.option(box, { freq: 3 }), { maxLength: 40 }), (first, history) => {
      const filter = startSortFilter(first);
      const dense = new DenseKalman(measured(first), initialVariances);
      for (const next of history) {
        predictSortFilter(filter);
        if (dense.mean[2]![0]! + dense.mean[6]![0]! <= 0) dense.mean[6] = [0];
        dense.predict(processVariances);
        if (next !== null) {
          correctSortFilter(filter, next);
          dense.correct(measured(next), measurementVariances);
        }
        const actual = sortFilterBox(filter);
        for (const [i, value] of boxOf(dense).entries()) {
          assert.ok(Math.abs(actual[i]! - value) <= 1e-7 * Math.max(1, Math.abs(value)));
        }
      }
    }),
    { seed, numRuns: 300 },
  );
});
