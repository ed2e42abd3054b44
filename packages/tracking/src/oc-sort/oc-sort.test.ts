import assert from "node:assert/strict";
import { test } from "node:test";
import { TRACKER_PRESETS, type TrackerOptions } from "@framequeue/contracts";
import type { BoxXyxy } from "@framequeue/vision";
import { createTracker } from "../tracker.ts";

const { reference } = TRACKER_PRESETS;

const box = (x: number, y = 0, size = 20): BoxXyxy => [x, y, x + size, y + size];

/** Per frame, the ids in order of the boxes given; 0 for a box that shows no track. */
function idsOver(frames: readonly (readonly BoxXyxy[])[], options: TrackerOptions): number[][] {
  const tracker = createTracker(options);
  return frames.map((boxes) => {
    const shown = tracker.update({
      boxes,
      scores: boxes.map(() => 0.9),
      classIds: boxes.map(() => 0),
    });
    return boxes.map((_, at) => shown.find(({ detection }) => detection === at)?.trackId ?? 0);
  });
}

test("shows the detection's own box once a track was matched, its state before", () => {
  const tracker = createTracker(reference.ocsort);
  const shown = [0, 1, 2].map((x) => {
    const input = { boxes: [box(x)], scores: [0.9], classIds: [0] };
    return tracker.update(input)[0]!.box;
  });
  assert.notDeepEqual(shown[0], box(0));
  assert.ok(shown[0]!.every((value, i) => Math.abs(value - box(0)[i]!) < 1e-4));
  assert.deepEqual(shown.slice(1), [box(1), box(2)]);
});

test("a track that stopped while hidden is found where it was last seen", () => {
  // Walks 8 px a frame, stands still behind something for 4 frames, and is 32 px behind its prediction.
  const walk = Array.from({ length: 8 }, (_, i) => [box(8 * i)]);
  const standing = [box(8 * 7)];
  const frames = [...walk, [], [], [], standing, standing, standing, standing];
  const options = { ...reference.ocsort, minHits: 0 };
  assert.deepEqual(idsOver(frames, options).slice(-4), [[1], [1], [1], [1]]);
  const sort = { ...reference.sort, minHits: 0, maxAge: 30 };
  assert.deepEqual(idsOver(frames, sort).at(-1), [2]);
});

test("of two tracks that overlap a detection alike, the one that goes there takes it", () => {
  const frames = [0, 1, 2, 3].map((i) => [box(6 * i, 0), box(48 - 6 * i, 4)]);
  // Both come to about x = 24; then only two boxes, each a little further on its way.
  frames.push([box(28, 2), box(20, 2)]);
  const options = { ...reference.ocsort, minHits: 0, inertia: 1 };
  assert.deepEqual(idsOver(frames, options).at(-1), [1, 2]);
});

test("the rules do nothing where nothing is missed: SORT finds the same tracks", () => {
  const frames = Array.from({ length: 10 }, (_, i) => [box(3 * i), box(200 - 2 * i, 50)]);
  assert.deepEqual(
    idsOver(frames, reference.ocsort),
    idsOver(frames, { ...reference.sort, maxAge: 30 }),
  );
});
