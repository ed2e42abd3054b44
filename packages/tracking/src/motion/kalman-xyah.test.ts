import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { BoxXyxy } from "@framequeue/vision";
import { DenseKalman } from "./dense-kalman.ts";
import {
  correctXyahFilter,
  holdHeight,
  predictXyahFilter,
  startXyahFilter,
  xyahFilterBox,
} from "./kalman-xyah.ts";

const seed = 20170919;

test("a filter starts on its box and predicts it unmoved", () => {
  const filter = startXyahFilter([10, 20, 40, 80]);
  assert.deepEqual(xyahFilterBox(filter), [10, 20, 40, 80]);
  predictXyahFilter(filter);
  assert.deepEqual(xyahFilterBox(filter), [10, 20, 40, 80]);
});

test("one update, by hand", () => {
  // h = 40: P = (2 * 2)², velocity (10 * 0.25)²; predicted P = 16 + 6.25 + 2²; R = 2²
  const filter = startXyahFilter([0, 0, 20, 40]);
  predictXyahFilter(filter);
  correctXyahFilter(filter, [6, 0, 26, 40]);
  const expected = (6 * 26.25) / 30.25;
  assert.ok(Math.abs(xyahFilterBox(filter)[0] - expected) < 1e-12);
});

test("a filter learns a steady motion", () => {
  const boxAt = (frame: number): BoxXyxy => [3 * frame, 100 - frame, 30 + 3 * frame, 160 - frame];
  const filter = startXyahFilter(boxAt(0));
  for (let frame = 1; frame <= 60; frame++) {
    predictXyahFilter(filter);
    correctXyahFilter(filter, boxAt(frame));
  }
  predictXyahFilter(filter);
  for (const [i, value] of xyahFilterBox(filter).entries()) {
    assert.ok(Math.abs(value - boxAt(61)[i]!) < 0.01);
  }
});

test("a held height stays, while the box moves on", () => {
  const filter = startXyahFilter([0, 0, 50, 100]);
  predictXyahFilter(filter);
  correctXyahFilter(filter, [10, 0, 70, 120]);
  const [left, top, , bottom] = xyahFilterBox(filter);
  holdHeight(filter);
  predictXyahFilter(filter);
  const [nextLeft, nextTop, , nextBottom] = xyahFilterBox(filter);
  assert.ok(Math.abs(nextBottom - nextTop - (bottom - top)) < 1e-9);
  assert.ok(nextLeft > left);
});

function measured([x1, y1, x2, y2]: BoxXyxy): number[] {
  const [width, height] = [x2 - x1, y2 - y1];
  return [x1 + width / 2, y1 + height / 2, width / height, height];
}

const squares = (deviations: readonly number[]): number[] => deviations.map((value) => value ** 2);

/** Deviations for height h: of x, y, a, h, then of their velocities. */
function deviations(h: number, positionFactor: number, velocityFactor: number): number[] {
  const position = (positionFactor * h) / 20;
  const velocity = (velocityFactor * h) / 160;
  return [position, position, 1e-2, position, velocity, velocity, 1e-5, velocity];
}

function boxOf({ mean }: DenseKalman): BoxXyxy {
  const [x, y, ratio, height] = mean.map((row) => row[0]!) as [number, number, number, number];
  const width = ratio * height;
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
      const filter = startXyahFilter(first);
      const dense = new DenseKalman(
        measured(first),
        squares(deviations(first[3] - first[1], 2, 10)),
      );
      let missed = false;
      for (const next of history) {
        if (missed) {
          holdHeight(filter);
          dense.mean[7] = [0];
        }
        predictXyahFilter(filter);
        dense.predict(squares(deviations(dense.mean[3]![0]!, 1, 1)));
        missed = next === null;
        if (next !== null) {
          correctXyahFilter(filter, next);
          const h = dense.mean[3]![0]! / 20;
          dense.correct(measured(next), squares([h, h, 1e-1, h]));
        }
        const actual = xyahFilterBox(filter);
        for (const [i, value] of boxOf(dense).entries()) {
          assert.ok(Math.abs(actual[i]! - value) <= 1e-7 * Math.max(1, Math.abs(value)));
        }
      }
    }),
    { seed, numRuns: 300 },
  );
});
