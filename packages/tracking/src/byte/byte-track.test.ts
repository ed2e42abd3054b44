import assert from "node:assert/strict";
import { test } from "node:test";
import { TRACKER_PRESETS, type TrackerOptionsOf } from "@framequeue/contracts";
import type { BoxXyxy } from "@framequeue/vision";
import { createTracker } from "../tracker.ts";

const { reference } = TRACKER_PRESETS;

/** The left edge of a square of 100 px on one line, and its score. */
type Seen = readonly [left: number, score: number];

const square = (x: number): BoxXyxy => [x, 0, x + 100, 100];

/** Tracks squares, one list per frame; gives `[track id, detection]` of what is shown per frame. */
function track(
  frames: readonly (readonly Seen[])[],
  options: Partial<TrackerOptionsOf<"bytetrack">> = {},
): [number, number][][] {
  const tracker = createTracker({ ...reference.bytetrack, ...options });
  return frames.map((seen) =>
    tracker
      .update({
        boxes: seen.map(([left]) => square(left)),
        scores: seen.map(([, score]) => score),
        classIds: seen.map(() => 0),
      })
      .map(({ trackId, detection }) => [trackId, detection]),
  );
}

const gap = (frames: number): Seen[][] => Array.from({ length: frames }, () => []);

const tables: [string, Seen[][], [number, number][][], Partial<TrackerOptionsOf<"bytetrack">>?][] =
  [
    ["in the first frame a track is shown at once", [[[0, 0.9]]], [[[1, 0]]]],
    ["later its second match shows it", [[], [[0, 0.9]], [[0, 0.9]]], [[], [], [[1, 0]]]],
    [
      "a track without its second match in the next frame ends, at no cost of an id",
      [[], [[0, 0.9]], [], [[0, 0.9]], [[0, 0.9]]],
      [[], [], [], [], [[1, 0]]],
    ],
    [
      "the second match needs a high score",
      [[], [[0, 0.9]], [[0, 0.5]], [[0, 0.9]], [[0, 0.9]]],
      [[], [], [], [], [[1, 0]]],
    ],
    [
      "a founding score is at least the threshold",
      [
        [
          [0, 0.7],
          [300, 0.69],
        ],
      ],
      [[[1, 0]]],
    ],
    ["a low score continues a track", [[[0, 0.9]], [[0, 0.2]]], [[[1, 0]], [[1, 0]]]],
    ["a low score founds nothing", [[[0, 0.2]], [[0, 0.2]]], [[], []]],
    [
      "a low score does not bring a lost track back, a high one does",
      [[[0, 0.9]], [], [[0, 0.2]], [[0, 0.9]]],
      [[[1, 0]], [], [], [[1, 0]]],
    ],
    [
      "scores equal to either threshold are not used",
      [[[0, 0.9]], [[0, 0.6]], [[0, 0.9]], [[0, 0.1]]],
      [[[1, 0]], [], [[1, 0]], []],
    ],
    [
      "high scores are matched before low ones, even where these lie nearer",
      [
        [[0, 0.9]],
        [
          [20, 0.9],
          [0, 0.5],
        ],
      ],
      [[[1, 0]], [[1, 0]]],
    ],
    [
      // 41 of 101 columns in common: 41 / 161 = 0.25, times 0.61 still above 0.1
      "the first limit takes what the second would not",
      [[[0, 0.9]], [[60, 0.61]]],
      [[[1, 0]], [[1, 0]]],
    ],
    ["the second limit is tighter", [[[0, 0.9]], [[60, 0.5]]], [[[1, 0]], []]],
    [
      // 19 columns in common: 19 / 183 = 0.104, above 0.1 but not once multiplied by 0.8
      "a score takes part in the first matching",
      [[[0, 0.9]], [[82, 0.8]], [[82, 0.8]]],
      [[[1, 0]], [], [[2, 0]]],
    ],
    [
      "unless scores are not fused",
      [[[0, 0.9]], [[82, 0.8]]],
      [[[1, 0]], [[1, 0]]],
      { fuseScores: false },
    ],
    [
      "a lost track returns for as long as the buffer says, and one frame more",
      [[[0, 0.9]], ...gap(4), [[0, 0.9]]],
      [[[1, 0]], [], [], [], [], [[1, 0]]],
      { trackBuffer: 3 },
    ],
    [
      "after that its place founds a new track",
      [[[0, 0.9]], ...gap(5), [[0, 0.9]], [[0, 0.9]]],
      [[[1, 0]], [], [], [], [], [], [], [[2, 0]]],
      { trackBuffer: 3 },
    ],
    [
      "the next loss of a track that returned in that one frame is final",
      [[[0, 0.9]], ...gap(4), [[0, 0.9]], [[0, 0.9]], [], [[0, 0.9]], [[0, 0.9]]],
      [[[1, 0]], [], [], [], [], [[1, 0]], [[1, 0]], [], [], [[2, 0]]],
      { trackBuffer: 3 },
    ],
    [
      "a second match must lie closer than a later one",
      [[], [[0, 0.9]], [[60, 0.9]], [[60, 0.9]]],
      [[], [], [], [[1, 0]]],
    ],
    [
      // At 5 it is too far to match, and near enough to be the lost track.
      "a new track in the place of a lost one is a duplicate",
      [[[0, 0.9]], [[5, 0.9]], [[5, 0.9]]],
      [[[1, 0]], [], []],
      { matchThreshold: 0.1 },
    ],
  ];
for (const [name, frames, expected, options] of tables) {
  test(name, () => {
    assert.deepEqual(track(frames, options), expected);
  });
}

test("the box shown is the corrected state, not the detection", () => {
  const tracker = createTracker(reference.bytetrack);
  const see = (x: number) =>
    tracker.update({ boxes: [square(x)], scores: [0.9], classIds: [0] })[0]!.box;
  assert.deepEqual(see(0), square(0));
  // h = 100: P = 10² + 6.25² + 5², R = 5²
  assert.ok(Math.abs(see(2)[0] - (2 * (125 + 6.25 ** 2)) / (150 + 6.25 ** 2)) < 1e-9);
});
