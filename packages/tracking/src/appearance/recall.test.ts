import assert from "node:assert/strict";
import { test } from "node:test";
import { TRACKER_PRESETS, type TrackerOptionsOf } from "@framequeue/contracts";
import type { BoxXyxy } from "@framequeue/vision";
import { createTracker } from "../tracker.ts";
import type { Tracker } from "../tracker.ts";

const { reference } = TRACKER_PRESETS;

const red = [1, 0, 0.1];
const blue = [0, 1, 0.1];
type Seen = readonly [x: number, looks: readonly number[], classId?: number];

function trackerWith(more: Partial<TrackerOptionsOf<"bytetrack">>): Tracker {
  return createTracker({ ...reference.bytetrack, trackBuffer: 5, ...more });
}

/** Ids in order of what is seen; 0 where nothing is shown. */
function see(tracker: Tracker, seen: readonly Seen[]): number[] {
  const shown = tracker.update({
    boxes: seen.map(([x]): BoxXyxy => [x, 0, x + 20, 60]),
    scores: seen.map(() => 0.9),
    classIds: seen.map(([, , classId = 0]) => classId),
    features: seen.map(([, looks]) => looks),
  });
  return seen.map((_, at) => shown.find(({ detection }) => detection === at)?.trackId ?? 0);
}

const again = (tracker: Tracker, seen: readonly Seen[], frames: number): number[] =>
  Array.from({ length: frames }, () => see(tracker, seen)).at(-1)!;

test("what comes back after every buffer, elsewhere, has its former id by its looks", () => {
  const options = { recall: { maxCosineDistance: 0.2, frames: 1000 } };
  for (const [more, expected] of [
    [options, [2, 1]],
    [{}, [3, 4]],
  ] as const) {
    const tracker = trackerWith(more);
    assert.deepEqual(
      again(
        tracker,
        [
          [0, red],
          [200, blue],
        ],
        4,
      ),
      [1, 2],
    );
    again(tracker, [], 30);
    assert.deepEqual(tracker.lives(), []);
    assert.deepEqual(
      again(
        tracker,
        [
          [500, blue],
          [600, red],
        ],
        3,
      ),
      expected,
    );
  }
});

test("not what goes on, what is of another class, what looks different, or what was too long ago", () => {
  const options = { recall: { maxCosineDistance: 0.2, frames: 50 } };
  const tracker = trackerWith(options);
  again(tracker, [[0, red]], 4);
  assert.deepEqual(
    again(
      tracker,
      [
        [0, red],
        [300, red],
      ],
      3,
    ),
    [1, 2],
  );
  again(tracker, [], 10);
  assert.deepEqual(again(tracker, [[500, red, 7]], 3), [3]);
  assert.deepEqual(again(tracker, [[600, [0, 0, 1]]], 3), [4]);
  again(tracker, [], 60);
  assert.deepEqual(again(tracker, [[0, red]], 3), [5]);
});
