import assert from "node:assert/strict";
import { test } from "node:test";
import { clearCounts, clearScores } from "./clear.ts";
import type { ClearCounts } from "./clear.ts";
import { alignSequence } from "./sequence.ts";
import { boxesAt, truthAt } from "./timeline.ts";

type Places = Readonly<Record<number, readonly number[]>>;

function counted(objects: Places, tracks: Places, iouThreshold?: number): ClearCounts {
  return clearCounts(alignSequence(truthAt(objects), boxesAt(tracks)), iouThreshold);
}

const none: ClearCounts = {
  truePositives: 0,
  falsePositives: 0,
  falseNegatives: 0,
  idSwitches: 0,
  fragmentations: 0,
  mostlyTracked: 0,
  partlyTracked: 0,
  mostlyLost: 0,
  overlapSum: 0,
};

const rows: [string, Places, Places, Partial<ClearCounts>][] = [
  ["nothing at all", {}, {}, {}],
  ["an object without tracks", { 1: [0, 0] }, {}, { falseNegatives: 2, mostlyLost: 1 }],
  ["a track without objects", {}, { 1: [0, 0] }, { falsePositives: 2 }],
  [
    "a perfect track",
    { 1: [0, 1, 2] },
    { 9: [0, 1, 2] },
    { truePositives: 3, mostlyTracked: 1, overlapSum: 3 },
  ],
  [
    "a track too far off is both a false alarm and a miss",
    { 1: [0] },
    { 9: [4] },
    { falsePositives: 1, falseNegatives: 1, mostlyLost: 1 },
  ],
  [
    "another id takes over at once: a switch, no fragment",
    { 1: [0, 0, 0, 0] },
    { 8: [0, 0, -1, -1], 9: [-1, -1, 0, 0] },
    { truePositives: 4, idSwitches: 1, mostlyTracked: 1, overlapSum: 4 },
  ],
  [
    "lost for a frame and found again under the same id: a fragment, no switch",
    { 1: [0, 0, 0, 0] },
    { 9: [0, -1, 0, 0], 7: [-1, 50, -1, -1] },
    {
      truePositives: 3,
      falsePositives: 1,
      falseNegatives: 1,
      fragmentations: 1,
      partlyTracked: 1,
      overlapSum: 3,
    },
  ],
  [
    "found again under another id, however late: both",
    { 1: [0, 0, 0, 0, 0] },
    { 8: [0, -1, -1, -1, -1], 7: [50, 50, 50, 50, 50], 9: [-1, -1, -1, -1, 0] },
    {
      truePositives: 2,
      falsePositives: 5,
      falseNegatives: 3,
      idSwitches: 1,
      fragmentations: 1,
      partlyTracked: 1,
      overlapSum: 2,
    },
  ],
  [
    "a frame without any prediction carries the pairs over it",
    { 1: [0, 0, 0] },
    { 9: [0, -1, 0] },
    { truePositives: 2, falseNegatives: 1, partlyTracked: 1, overlapSum: 2 },
  ],
  [
    "the pair of the frame before stays although a newcomer fits better",
    { 1: [0, 0] },
    { 8: [0, 2], 9: [-1, 0] },
    { truePositives: 2, falsePositives: 1, mostlyTracked: 1, overlapSum: 1 + 2 / 3 },
  ],
  [
    "the pairs with the greatest sum win where none is carried over",
    // 1 fits 9 best, but 2 fits nothing else: 2/3 + 2/3 beats 1 alone.
    { 1: [2], 2: [4] },
    { 8: [0], 9: [2] },
    { truePositives: 2, mostlyTracked: 2, overlapSum: 4 / 3 },
  ],
  [
    "80 % is partly tracked, and so is 20 %",
    { 1: [0, 0, 0, 0, 0], 2: [50, 50, 50, 50, 50] },
    { 8: [0, 0, 0, 0, -1], 9: [50, -1, -1, -1, -1], 7: [-1, -1, -1, -1, 90] },
    {
      truePositives: 5,
      falsePositives: 1,
      falseNegatives: 5,
      partlyTracked: 2,
      overlapSum: 5,
    },
  ],
];
for (const [name, objects, tracks, expected] of rows) {
  test(`CLEAR: ${name}`, () => {
    const { overlapSum, ...counts } = counted(objects, tracks);
    const { overlapSum: expectedSum, ...expectedCounts } = { ...none, ...expected };
    assert.deepEqual(counts, expectedCounts);
    assert.ok(Math.abs(overlapSum - expectedSum) < 1e-12, `${overlapSum}`);
  });
}

test("CLEAR: an overlap equal to the threshold is a match", () => {
  assert.equal(counted({ 1: [0] }, { 9: [5] }, 1 / 3).truePositives, 1);
  assert.equal(counted({ 1: [0] }, { 9: [5] }, 0.34).truePositives, 0);
});

test("MOTA and MOTP are worked out by hand", () => {
  const scores = clearScores({
    ...none,
    truePositives: 8,
    falsePositives: 1,
    falseNegatives: 2,
    idSwitches: 1,
    overlapSum: 6,
  });
  assert.deepEqual([scores.mota, scores.motp], [0.6, 0.75]);
  const worst = clearScores({ ...none, falsePositives: 30, falseNegatives: 10 });
  assert.deepEqual([worst.mota, worst.motp], [-3, 0]);
  assert.deepEqual([clearScores(none).mota, clearScores(none).motp], [0, 0]);
});
