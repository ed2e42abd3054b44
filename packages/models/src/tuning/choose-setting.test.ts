import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseSetting } from "./choose-setting.ts";
import type { Measurement } from "./measurement.ts";
import { shapesOf } from "./tune.ts";

type Row = [batch: number, threads: number, sessions: number, fps: number, latencyMs: number];

function measured([batch, threads, sessions, framesPerSecond, latencyMs]: Row): Measurement {
  return {
    setting: { batch, threads, sessions },
    ...{ framesPerSecond, latencyMs, peakBytes: 1, fingerprint: "same", independent: true },
  };
}

const chosen = (rows: readonly Measurement[], limit = 100): number[] =>
  Object.values(chooseSetting(rows, limit));

test("the fastest below the limit; nearly as fast and smaller is better", () => {
  const rows: Row[] = [
    [1, 1, 2, 50, 20],
    [4, 1, 2, 80, 50],
    [8, 1, 2, 82, 90],
    [16, 1, 2, 99, 101],
  ];
  assert.deepEqual(chosen(rows.map(measured)), [4, 1, 2]);
  assert.deepEqual(chosen(rows.map(measured), 110), [16, 1, 2]);
  assert.deepEqual(chosen(rows.map(measured), 10), [1, 1, 2], "none keeps it: the shortest runs");
});

test("of equal tensors the one with fewer threads", () => {
  const rows: Row[] = [
    [1, 2, 1, 50, 20],
    [1, 1, 2, 49.5, 20],
    [1, 1, 1, 30, 20],
  ];
  assert.deepEqual(chosen(rows.map(measured)), [1, 1, 2]);
});

test("pictures that mix, and threads that change bits, are out whatever their speed", () => {
  const rows: Measurement[] = [
    measured([1, 1, 1, 10, 10]),
    { ...measured([8, 1, 1, 90, 10]), independent: false },
    { ...measured([1, 2, 1, 20, 10]), fingerprint: "other" },
  ];
  assert.deepEqual(chosen(rows), [1, 1, 1]);
  const shape = { ...measured([8, 1, 1, 90, 10]), fingerprint: "other" };
  assert.deepEqual(chosen([...rows, shape]), [8, 1, 1], "a job keeps to one size of tensor");
});

test("threads and sessions share the cores", () => {
  const products = (cores: number): string[] =>
    shapesOf(cores).map(({ threads, sessions }) => `${threads}x${sessions}`);
  assert.deepEqual(products(1), ["1x1"]);
  assert.deepEqual(products(2), ["1x1", "1x2", "2x1"]);
  assert.deepEqual(products(6), ["1x1", "1x6", "2x3", "4x1", "6x1"]);
});
