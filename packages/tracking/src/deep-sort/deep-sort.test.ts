import assert from "node:assert/strict";
import { test } from "node:test";
import { TRACKER_PRESETS } from "@framequeue/contracts";
import type { BoxXyxy } from "@framequeue/vision";
import { createTracker } from "../tracker.ts";
import type { Tracker } from "../tracker.ts";

const { reference } = TRACKER_PRESETS;

const red = [1, 0, 0];
const blue = [0, 0, 1];
type Seen = readonly [x: number, looks: readonly number[]];

/** `[track id, detection]` of what is shown. */
function see(tracker: Tracker, seen: readonly Seen[]): [number, number][] {
  const boxes = seen.map(([x]): BoxXyxy => [x, 0, x + 20, 60]);
  const shown = tracker.update({
    boxes,
    scores: seen.map(() => 0.9),
    classIds: seen.map(() => 0),
    features: seen.map(([, looks]) => looks),
  });
  return shown.map(({ trackId, detection }) => [trackId, detection]);
}

test("a track is shown from its third match on, birth counted", () => {
  const tracker = createTracker(reference.deepsort);
  const shown = [0, 1, 2].map((x) => see(tracker, [[x, red]]));
  assert.deepEqual(shown, [[], [], [[1, 0]]]);
});

test("a tentative track ends at its first miss", () => {
  const tracker = createTracker(reference.deepsort);
  const frames: Seen[][] = [[[0, red]], [[0, red]], [], [[0, red]], [[0, red]], [[0, red]]];
  assert.deepEqual(
    frames.map((seen) => see(tracker, seen)),
    [[], [], [], [], [], [[1, 0]]],
  );
});

test("in its first missed frame a track is shown where it is predicted, then no more", () => {
  const tracker = createTracker(reference.deepsort);
  for (let i = 0; i < 5; i++) see(tracker, [[3 * i, red]]);
  assert.deepEqual(see(tracker, []), [[1, -1]]);
  assert.deepEqual(see(tracker, []), []);
  assert.deepEqual(see(tracker, [[20, red]]), [[1, 0]]);
});

test("two that hide each other come out with their own looks", () => {
  const tracker = createTracker(reference.deepsort);
  for (let i = 0; i < 10; i++) {
    see(tracker, [
      [3 * i, red],
      [60 - 3 * i, blue],
    ]);
  }
  for (let i = 0; i < 6; i++) see(tracker, []);
  // They turned round where they met.
  const after: Seen[] = [
    [24, red],
    [40, blue],
  ];
  see(tracker, after);
  assert.deepEqual(see(tracker, after), [
    [1, 0],
    [2, 1],
  ]);
  const byPlace = createTracker(reference.bytetrack);
  const before: Seen[][] = Array.from({ length: 10 }, (_, i) => [
    [3 * i, red],
    [60 - 3 * i, blue],
  ]);
  for (const seen of [...before, ...Array.from({ length: 6 }, () => []), after]) see(byPlace, seen);
  assert.notDeepEqual(see(byPlace, after), [
    [1, 0],
    [2, 1],
  ]);
});

test("detections without looks are matched by place", () => {
  const tracker = createTracker(reference.deepsort);
  const shown = [0, 1, 2, 3].map((x) => see(tracker, [[x, [0, 0, 0]]]));
  assert.deepEqual(shown, [[], [], [[1, 0]], [[1, 0]]]);
});
