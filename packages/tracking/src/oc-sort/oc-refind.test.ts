import assert from "node:assert/strict";
import { test } from "node:test";
import { TRACKER_PRESETS } from "@framequeue/contracts";
import type { BoxXyxy } from "@framequeue/vision";
import type { Sighting } from "./oc-motion.ts";
import { refindBySteadyMotion, refindMemory } from "./oc-refind.ts";
import { createTracker } from "../tracker.ts";

const { reference } = TRACKER_PRESETS;

const box = (x: number, width = 40): BoxXyxy => [x, 0, x + width, 20];
const observation = (x: number) => ({ box: box(x), score: 0.9, classId: 0, detection: 0 });
/** 10 px a frame from frame 1 on. */
const walk = (frames: number, from = 0, step = 10): Sighting[] =>
  Array.from({ length: frames }, (_, i) => ({ frame: i + 1, box: box(from + step * i) }));

test("a track is found where its steady motion takes it, not further than its reach", () => {
  // Last seen in frame 20 at 190; in frame 40 it is expected at 390, give or take 8.5 + 0.15 * 240.
  const found = (x: number) => [...refindBySteadyMotion([observation(x)], [walk(20)], 40)];
  assert.deepEqual([found(390), found(430), found(350)], [[0], [0], [0]]);
  assert.deepEqual([found(440), found(340), found(190)], [[-1], [-1], [-1]]);
});

test("boxes cut off at the end do not slow it down", () => {
  const seen = walk(20).map((sighting, i) =>
    i < 17 ? sighting : { ...sighting, box: box(160, 40 - 10 * (i - 16)) },
  );
  assert.deepEqual([...refindBySteadyMotion([observation(390)], [seen], 40)], [0]);
});

test("of several the sum is best; other sizes and short lives are no candidates", () => {
  const tracks = [walk(20), walk(20, 30), walk(4, 200)];
  const both = [observation(425), observation(385)];
  assert.deepEqual([...refindBySteadyMotion(both, tracks, 40)], [1, 0]);
  const tall = { ...observation(390), box: [390, -30, 430, 50] as const };
  assert.deepEqual([...refindBySteadyMotion([tall], tracks, 40)], [-1]);
  assert.deepEqual([...refindBySteadyMotion([], tracks, 40)], []);
});

test("as an option of OC-SORT it keeps the identity of a car that passes under a bridge", () => {
  const idsWith = (refind: boolean): number[] => {
    const tracker = createTracker({ ...reference.ocsort, refind, maxAge: 60, minHits: 1 });
    return Array.from({ length: 90 }, (_, frame) => {
      const x = 6 * frame;
      // The bridge covers everything from 200 to 420.
      const left = x + 40 <= 420 ? x : Math.max(x, 420);
      const right = x < 200 ? Math.min(x + 40, 200) : x + 40;
      const isSeen = right - left > 8 && !(x >= 200 && x + 40 <= 420);
      const seen: BoxXyxy[] = isSeen ? [[left, 0, right, 20]] : [];
      const shown = tracker.update({
        ...{ boxes: seen, scores: seen.map(() => 0.9), classIds: seen.map(() => 0) },
      });
      return shown[0]?.trackId ?? 0;
    });
  };
  assert.equal(idsWith(true).at(-1), 1);
  assert.equal(idsWith(false).at(-1), 2);
});

test("a track remembers what it needs for that, and no more", () => {
  const tracker = createTracker({ ...reference.ocsort, refind: true });
  for (let frame = 0; frame < 100; frame++) {
    tracker.update({ boxes: [box(frame)], scores: [0.9], classIds: [0] });
  }
  const { groups } = tracker.save();
  const { tracks } = groups[0]!.state as { tracks: readonly { sightings: readonly unknown[] }[] };
  assert.equal(tracks[0]!.sightings.length, refindMemory);
});
