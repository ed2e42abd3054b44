import assert from "node:assert/strict";
import { test } from "node:test";
import { Border } from "./border.ts";

/** The frames of the crossings that distances in a row give. */
function crossings(margin: number, distances: readonly number[]): number[] {
  const border = new Border(margin);
  return distances
    .map((distance, frame) => border.see(distance, { frame, pts: frame * 10, seconds: frame / 25 }))
    .filter((change) => change !== undefined && !change.isFirst)
    .map((change) => change!.since.frame);
}

const TABLE: [string, number, number[], number[]][] = [
  ["from one side to the other", 0, [-3, -1, 2, 4], [2]],
  ["there and back", 0, [-3, 3, -3], [1, 2]],
  ["onto the border and on", 0, [-3, 0, 3], [2]],
  ["onto the border and back", 0, [-3, 0, -3], []],
  ["a tremble without a margin", 0, [-1, 1, -1, 1], [1, 2, 3]],
  ["a tremble within the margin", 2, [-5, 1, -1, 1, -1, -5], []],
  ["a tremble, then through: since the last touch", 2, [-5, 1, -1, 1, 1.5, 4], [3]],
  ["slowly through the margin: since the first touch", 2, [-3, -1, 0.5, 1, 2], [2]],
  ["begins within the margin", 2, [-1, 1, 3, 5], []],
  ["begins within the margin and goes back over", 2, [1, 3, -3], [2]],
];
for (const [name, margin, distances, frames] of TABLE) {
  test(`crossings: ${name}`, () => {
    assert.deepEqual(crossings(margin, distances), frames);
  });
}
