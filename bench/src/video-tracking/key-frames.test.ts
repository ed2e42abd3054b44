import assert from "node:assert/strict";
import { test } from "node:test";
import type { IdentifiedBox, TruthBox } from "@framequeue/evaluation";
import { behindBars, betweenKeyFrames, ofTheDrawn, returnsOf } from "./key-frames.ts";

const box = (frame: number, id: number, left: number): IdentifiedBox => {
  return { frame, id, boxXywh: [left, 0, 10, 20] };
};

test("between two key frames people move on straight lines; who is in one of them is there alone", () => {
  const drawn = [box(1, 1, 0), box(1, 2, 50), box(5, 1, 40), box(9, 1, 40), box(9, 2, 90)];
  const lefts = (id: number): [number, number][] =>
    betweenKeyFrames(drawn)
      .filter((row) => row.id === id)
      .map(({ frame, boxXywh: [left] }) => [frame, left]);
  assert.deepEqual(lefts(1), [
    ...[1, 2, 3, 4].map((frame): [number, number] => [frame, 10 * (frame - 1)]),
    ...[5, 6, 7, 8, 9].map((frame): [number, number] => [frame, 40]),
  ]);
  assert.deepEqual(lefts(2), [
    [1, 50],
    [9, 90],
  ]);
});

test("who touches a bar need not be found", () => {
  const uses = behindBars([box(1, 1, 0), box(1, 2, 11), box(1, 3, 30)], [{ x: 20, width: 10 }]);
  assert.deepEqual(
    uses.map(({ use }) => use),
    ["scored", "ignored", "scored"],
  );
});

test("tracks of others do not count", () => {
  const kept = ofTheDrawn([box(1, 7, 1), box(1, 8, 60), box(2, 7, 1)], [box(1, 1, 0)]);
  assert.deepEqual(kept, [box(1, 7, 1)]);
});

test("returns: kept with the same id, lost with another, and none where nobody was followed before", () => {
  const scored = (row: IdentifiedBox): TruthBox => ({ ...row, use: "scored" });
  const truth = [box(1, 1, 0), box(2, 1, 0), box(9, 1, 0), box(10, 1, 0)].map(scored);
  const seen = (...ids: readonly [number, number][]) => ids.map(([frame, id]) => box(frame, id, 1));
  assert.deepEqual(returnsOf(truth, seen([1, 4], [2, 4], [9, 4]), 5), { kept: 1, of: 1 });
  assert.deepEqual(returnsOf(truth, seen([1, 4], [10, 5]), 5), { kept: 0, of: 1 });
  assert.deepEqual(returnsOf(truth, seen([9, 5], [10, 5]), 5), { kept: 0, of: 0 });
  assert.deepEqual(returnsOf(truth, seen([1, 4], [9, 4]), 8), { kept: 0, of: 0 });
});
