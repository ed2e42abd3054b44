import assert from "node:assert/strict";
import { test } from "node:test";
import { TRACKER_PRESETS } from "@framequeue/contracts";
import type { BoxXyxy } from "@framequeue/vision";
import type { TrackedBox } from "./association.ts";
import { StillTracks } from "./still-tracks.ts";
import { createTracker } from "./tracker.ts";

const { reference } = TRACKER_PRESETS;

const trackAt = (x: number): TrackedBox => {
  return { trackId: 1, box: [x, 0, x + 20, 20], detection: 0, classId: 0, score: 1 };
};

/** In which frames a track at these places is seen. */
function framesSeen(places: readonly number[], hideAfterFrames: number): number[] {
  const still = new StillTracks(hideAfterFrames, []);
  return places.flatMap((x, i) => (still.hide([trackAt(x)], i + 1).length > 0 ? [i + 1] : []));
}

test("what stands still is hidden after so many frames, until it moves by half its size", () => {
  assert.deepEqual(framesSeen([0, 1, 0, 1, 0, 1, 10, 11, 12], 3), [1, 2, 3, 8, 9]);
});

test("what creeps is hidden no longer than it takes to move", () => {
  const places = Array.from({ length: 13 }, (_, i) => 2 * i);
  assert.deepEqual(framesSeen(places, 10), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
});

test("as an option of a tracker: a parked car is shown at first, one that drives always", () => {
  const tracker = createTracker({ ...reference.bytetrack, hideStillFrames: 5 });
  const shown = Array.from({ length: 12 }, (_, frame) => {
    const boxes: BoxXyxy[] = [
      [0, 0, 40, 20],
      [100 + 12 * frame, 0, 140 + 12 * frame, 20],
    ];
    const input = { boxes, scores: [0.9, 0.8], classIds: [0, 0] };
    return tracker.update(input).map(({ trackId }) => trackId);
  });
  assert.deepEqual(
    shown.slice(0, 5),
    Array.from({ length: 5 }, () => [1, 2]),
  );
  assert.deepEqual(
    shown.slice(5),
    Array.from({ length: 7 }, () => [2]),
  );
  // Ended tracks leave no anchor behind.
  for (let i = 0; i < 40; i++) tracker.update({ boxes: [], scores: [], classIds: [] });
  assert.deepEqual(tracker.save().still, []);
});
