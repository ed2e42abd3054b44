import assert from "node:assert/strict";
import { test } from "node:test";
import { hotaCounts, HOTA_THRESHOLDS, hotaScores } from "./hota.ts";
import { alignSequence } from "./sequence.ts";
import { boxesAt, truthAt } from "./timeline.ts";

const scoresOf = (
  truth: Readonly<Record<number, number[]>>,
  predictions: Readonly<Record<number, number[]>>,
) => hotaScores(hotaCounts(alignSequence(truthAt(truth), boxesAt(predictions))));

test("19 thresholds from 0.05 to 0.95", () => {
  assert.equal(HOTA_THRESHOLDS.length, 19);
  assert.ok(Math.abs(HOTA_THRESHOLDS[18]! - 0.95) < 1e-12);
});

test("perfect tracks", () => {
  const places = { 1: [0, 0, 0], 2: [50, 50, 50] };
  assert.deepEqual(scoresOf(places, places), { hota: 1, detA: 1, assA: 1, locA: 1 });
});

test("two tracks for the halves of one object: all detected, half associated", () => {
  const { hota, detA, assA } = scoresOf(
    { 1: [0, 0, 0, 0] },
    { 1: [0, 0, -1, -1], 2: [-1, -1, 0, 0] },
  );
  assert.equal(detA, 1);
  // Each box: 2 frames together of 4 of the object and 2 of the track.
  assert.ok(Math.abs(assA - 0.5) < 1e-12);
  assert.ok(Math.abs(hota - Math.sqrt(0.5)) < 1e-12);
});

test("half of the frames missed: half detected, half associated", () => {
  const { hota, detA, assA } = scoresOf({ 1: [0, 0, 0, 0] }, { 1: [0, 0, -1, -1] });
  assert.ok(Math.abs(detA - 0.5) < 1e-12 && Math.abs(assA - 0.5) < 1e-12);
  assert.ok(Math.abs(hota - 0.5) < 1e-12);
});

test("a box that overlaps by 2/3 counts up to the threshold 0.65", () => {
  const levels = hotaCounts(alignSequence(truthAt({ 1: [0] }), boxesAt({ 1: [2] })));
  assert.equal(levels.filter(({ truePositives }) => truePositives === 1).length, 13);
  assert.ok(Math.abs(hotaScores(levels).hota - 13 / 19) < 1e-12);
});

test("nothing there and nothing found", () => {
  assert.deepEqual(scoresOf({}, {}), { hota: 0, detA: 0, assA: 0, locA: 1 });
});
