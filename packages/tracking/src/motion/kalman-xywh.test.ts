import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { BoxXyxy } from "@framequeue/vision";
import type { CameraMotion } from "../camera/camera-motion.ts";
import { DenseKalman } from "./dense-kalman.ts";
import { xywhMotion } from "./kalman-xywh.ts";

const seed = 20220629;

test("a filter starts on its box and predicts it unmoved", () => {
  const filter = xywhMotion.start([10, 20, 40, 80]);
  assert.deepEqual(xywhMotion.box(filter), [10, 20, 40, 80]);
  xywhMotion.predict(filter);
  assert.deepEqual(xywhMotion.box(filter), [10, 20, 40, 80]);
});

test("a camera that pans moves the box, one that nears it makes it larger", () => {
  const filter = xywhMotion.start([10, 20, 40, 80]);
  xywhMotion.warp!(filter, [1, 0, 5, 0, 1, -3]);
  assert.deepEqual(xywhMotion.box(filter), [15, 17, 45, 77]);
  xywhMotion.warp!(filter, [2, 0, 0, 0, 2, 0]);
  assert.deepEqual(xywhMotion.box(filter), [30, 34, 90, 154]);
});

function measured([x1, y1, x2, y2]: BoxXyxy): number[] {
  return [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1];
}

function variances(mean: readonly number[], positionFactor: number, velocityFactor: number) {
  const sides = [mean[2]!, mean[3]!, mean[2]!, mean[3]!];
  return [
    ...sides.map((side) => ((positionFactor * side) / 20) ** 2),
    ...sides.map((side) => ((velocityFactor * side) / 160) ** 2),
  ];
}

/** blockdiag(M, M, M, M) over x, y, width, height and their velocities. */
function warpMatrix([m00, m01, , m10, m11]: CameraMotion): number[][] {
  return Array.from({ length: 8 }, (_, i) =>
    Array.from({ length: 8 }, (__, j) => {
      if (i >> 1 !== j >> 1) return 0;
      return [m00, m01, m10, m11][2 * (i & 1) + (j & 1)]!;
    }),
  );
}

test("equals the dense filter over any history of hits, misses and camera motion", () => {
  const coordinate = fc.double({ min: -50, max: 2000, noNaN: true });
  const side = fc.double({ min: 20, max: 600, noNaN: true });
  const box = fc
    .tuple(coordinate, coordinate, side, side)
    .map(([x, y, width, height]): BoxXyxy => [x, y, x + width, y + height]);
  const turn = fc.double({ min: -0.05, max: 0.05, noNaN: true });
  const shift = fc.double({ min: -20, max: 20, noNaN: true });
  const motion = fc
    .tuple(turn, turn, shift, turn, turn, shift)
    .map(([a, b, tx, c, d, ty]): CameraMotion => [1 + a, b, tx, c, 1 + d, ty]);
  const step = fc.tuple(fc.option(motion), fc.option(box, { freq: 3 }));
  fc.assert(
    fc.property(box, fc.array(step, { maxLength: 25 }), (first, history) => {
      const filter = xywhMotion.start(first);
      const dense = new DenseKalman(measured(first), variances(measured(first), 2, 10));
      const meanOf = () => dense.mean.map((row) => row[0]!);
      let missed = false;
      for (const [camera, next] of history) {
        if (missed) {
          xywhMotion.holdSize(filter);
          dense.mean[6] = [0];
          dense.mean[7] = [0];
        }
        xywhMotion.predict(filter);
        dense.predict(variances(meanOf(), 1, 1));
        if (camera !== null) {
          xywhMotion.warp!(filter, camera);
          dense.warp(warpMatrix(camera), [camera[2], camera[5], 0, 0, 0, 0, 0, 0]);
        }
        missed = next === null;
        if (next !== null) {
          xywhMotion.correct(filter, next);
          dense.correct(measured(next), variances(meanOf(), 1, 1).slice(0, 4));
        }
        const actual = measured(xywhMotion.box(filter));
        for (const [i, value] of meanOf().slice(0, 4).entries()) {
          assert.ok(Math.abs(actual[i]! - value) <= 1e-6 * Math.max(1, Math.abs(value)));
        }
      }
    }),
    { seed, numRuns: 200 },
  );
});
