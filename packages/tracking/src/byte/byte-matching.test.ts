import assert from "node:assert/strict";
import { test } from "node:test";
import type { BoxXyxy } from "@framequeue/vision";
import type { Observation } from "../association.ts";
import { duplicates as findDuplicates, matchPairs } from "./byte-matching.ts";
import type { MatchableTrack, Matching } from "./byte-matching.ts";
import { startXyahFilter, xyahMotion } from "../motion/kalman-xyah.ts";
import { PairList } from "../assignment/pair-list.ts";

type Lived = ReturnType<typeof trackAt>;
const memory = new PairList();
const duplicates = (tracked: Lived[], lost: Lived[]) =>
  findDuplicates(memory, tracked, lost, xyahMotion);

function matchBoxes<Track extends MatchableTrack>(
  tracks: readonly Track[],
  observations: readonly Observation[],
  limit: number,
  fused: boolean,
): Matching<Track> {
  return matchPairs(memory, tracks, observations, xyahMotion, limit, (_, { score }, cost) =>
    fused ? 1 - (1 - cost) * score : cost,
  );
}

/** A track on a square of 100 px on one line. */
function trackAt(left: number, startFrame = 1, lastFrame = 10) {
  return { filter: startXyahFilter([left, 0, left + 100, 100]), startFrame, lastFrame };
}

const observationAt = (left: number, score: number, detection: number) => {
  const box: BoxXyxy = [left, 0, left + 100, 100];
  return { box, score, classId: 0, detection };
};

test("pairs come in order of the tracks, leftovers in their own", () => {
  const [a, b, c, d] = [trackAt(0), trackAt(1000), trackAt(300), trackAt(2000)];
  const seen = [300, 5000, 0, 4000].map((left, index) => observationAt(left, 0.9, index));
  const { pairs, tracks, observations } = matchBoxes([a, b, c, d], seen, 0.9, true);
  assert.deepEqual(pairs, [
    [a, seen[2]],
    [c, seen[0]],
  ]);
  assert.deepEqual(tracks, [b, d]);
  assert.deepEqual(observations, [seen[1], seen[3]]);
});

test("a fused score decides between equal overlaps", () => {
  const seen = [observationAt(10, 0.7, 0), observationAt(-10, 0.9, 1)];
  const fused = matchBoxes([trackAt(0)], seen, 0.9, true);
  assert.equal(fused.pairs[0]![1], seen[1]);
  assert.deepEqual(fused.observations, [seen[0]]);
});

test("a pair that costs as much as the limit is none", () => {
  // 51 of 101 columns in common: IoU+1 is 51 / 151
  const limit = 1 - 51 / 151;
  const seen = [observationAt(50, 0.9, 0)];
  assert.equal(matchBoxes([trackAt(0)], seen, limit, false).pairs.length, 0);
  assert.equal(matchBoxes([trackAt(0)], seen, limit + 1e-9, false).pairs.length, 1);
});

test("of two tracks in one place the shorter life is the duplicate, on a tie the tracked one", () => {
  const lost = trackAt(0, 1, 5);
  for (const [tracked, goes] of [
    [trackAt(1, 5, 10), "lost"],
    [trackAt(1, 6, 10), "tracked"],
    [trackAt(1, 8, 10), "tracked"],
  ] as const) {
    const found = duplicates([tracked], [lost]);
    assert.deepEqual([...found], [goes === "lost" ? lost : tracked]);
  }
});

test("tracks are duplicates from an overlap above 0.85 on", () => {
  // 94 of 101 columns in common: 94 / 108 = 0.870; 93: 93 / 109 = 0.853; 92: 92 / 110 = 0.836
  const lost = [trackAt(0)];
  const found = [7, 8, 9].map((left) => duplicates([trackAt(left)], lost).size);
  assert.deepEqual(found, [1, 1, 0]);
});
