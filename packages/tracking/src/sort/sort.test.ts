import assert from "node:assert/strict";
import { test } from "node:test";
import { TRACKER_PRESETS, type TrackerOptionsOf } from "@framequeue/contracts";
import type { BoxXyxy } from "@framequeue/vision";
import { createTracker } from "../tracker.ts";

const { reference } = TRACKER_PRESETS;

/** Squares of 10 px on one line, named by their left edge. */
const square = (x: number): BoxXyxy => [x, 0, x + 10, 10];

/** Tracks squares, one list per frame; gives `[track id, detection]` of what is shown per frame. */
function track(
  frames: number[][],
  options: Partial<TrackerOptionsOf<"sort">> = {},
): [number, number][][] {
  const tracker = createTracker({ ...reference.sort, ...options });
  return frames.map((lefts) =>
    tracker
      .update({
        boxes: lefts.map(square),
        scores: lefts.map(() => 0.9),
        classIds: lefts.map(() => 0),
      })
      .map(({ trackId, detection }) => [trackId, detection]),
  );
}

test("in the first frames every track is shown, with ids in order of place where scores are equal", () => {
  assert.deepEqual(track([[100, 0], [0, 100], [100]]), [
    [
      [1, 1],
      [2, 0],
    ],
    [
      [1, 0],
      [2, 1],
    ],
    [[2, 0]],
  ]);
});

test("a later track is shown from its third match after birth on", () => {
  assert.deepEqual(track([[], [], [], [0], [0], [0], [0], [0]]), [
    [],
    [],
    [],
    [],
    [],
    [],
    [[1, 0]],
    [[1, 0]],
  ]);
});

test("a miss starts the count of matches anew", () => {
  const shown = track([[0], [0], [0], [0], [], [0], [0], [0]]);
  assert.deepEqual(shown, [[[1, 0]], [[1, 0]], [[1, 0]], [[1, 0]], [], [], [], [[1, 0]]]);
});

test("the second miss ends a track; its place founds a new one", () => {
  const shown = track([[0], [0], [0], [], [], [0], [0], [0], [0]]);
  assert.deepEqual(shown, [[[1, 0]], [[1, 0]], [[1, 0]], [], [], [], [], [], [[2, 0]]]);
});

test("a longer maxAge bridges the gap, and minHits 0 shows every match", () => {
  const frames = [[0], [], [], [], [0], [50]];
  assert.deepEqual(track(frames, { maxAge: 3, minHits: 0 }), [
    [[1, 0]],
    [],
    [],
    [],
    [[1, 0]],
    [[2, 0]],
  ]);
});

test("a track never shown costs no id", () => {
  const shown = track([[0], [0], [0], [0, 200], [0], [0], [0, 300], [0, 300], [0, 300], [0, 300]]);
  assert.deepEqual(shown.at(-1), [
    [1, 0],
    [2, 1],
  ]);
});

test("unambiguous pairs are taken, though the optimum would reject everything", () => {
  // IoU of the detections at 4 and -6 with the tracks at 0 and 10:
  // 6/14 and 4/16; 4/16 and 0. Two pairs of 4/16 outweigh 6/14 but are below 0.3.
  assert.deepEqual(
    track([
      [0, 10],
      [4, -6],
    ])[1],
    [
      [1, 0],
      [3, 1],
    ],
  );
});

test("ambiguous pairs are solved for the greatest total", () => {
  // The detection at 4 overlaps both tracks above 0.3 (tracks at 0 and 9: 6/14 and 5/15), the one
  // at -2 only the first (8/12). Best: -2 with 0, 4 with 9.
  assert.deepEqual(
    track([
      [0, 9],
      [4, -2],
    ])[1],
    [
      [1, 1],
      [2, 0],
    ],
  );
});

test("an overlap equal to the threshold matches where there is no better one", () => {
  assert.deepEqual(track([[0], [6]], { iouThreshold: 4 / 16 })[1], [[1, 0]]);
  assert.deepEqual(track([[0], [6]], { iouThreshold: 4 / 16 + 1e-9 })[1], [[2, 0]]);
});

test("the box shown is the corrected state, not the detection", () => {
  const tracker = createTracker(reference.sort);
  const see = (x: number) =>
    tracker.update({ boxes: [square(x)], scores: [0.9], classIds: [0] })[0]!.box;
  assert.deepEqual(see(0), square(0));
  // P = 10 + 10000 + 1, R = 1: the gain of the position is 10011 / 10012
  assert.ok(Math.abs(see(2)[0] - (2 * 10_011) / 10_012) < 1e-9);
});
