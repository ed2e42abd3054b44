import assert from "node:assert/strict";
import { test } from "node:test";
import { TRACKER_PRESETS } from "@framequeue/contracts";
import { encodeFeature, type PartRow } from "@framequeue/contracts";
import { createJobTracker } from "./job-tracker.ts";
import { trackFrame, type UntrackedFrame } from "./track-frame.ts";

const { reference } = TRACKER_PRESETS;

const SIZE = { width: 1000, height: 500 };
const LEFT = [100, 100, 50, 100] as const;
const RIGHT = [600, 100, 50, 100] as const;
/** Unlike in every way. */
const RED = encodeFeature(Float32Array.of(1, 0));
const BLUE = encodeFeature(Float32Array.of(0, 1));

type Seen = readonly [box: readonly [number, number, number, number], feature: string | null];

/** Track ids by place, left to right. */
function idsOf(frames: readonly (readonly Seen[])[], isBlind = false): number[][] {
  const tracker = createJobTracker({ ...reference.deepsort, minHits: 1, maxAge: 5 }, SIZE);
  return frames.map((seen, i) => {
    const frame: UntrackedFrame = {
      pts: i,
      detections: seen.map(([box]) => [...box, 0.9, 0]),
      ...(isBlind ? {} : { features: seen.map(([, feature]) => feature) }),
    };
    const row = trackFrame(tracker, frame, { number: i, everyNth: 1, size: SIZE }) as Extract<
      PartRow,
      { tracks: unknown }
    >;
    return row.tracks.toSorted((a, b) => a[1] - b[1]).map(([id]) => id);
  });
}

test("looks reach the tracker: who hides and comes back beside its place is known again", () => {
  const seen = [[LEFT, RED]] as const;
  // too far for the overlap to tell, near enough to have walked there
  const beside = [[[140, 100, 50, 100], RED]] as const;
  const frames = [seen, seen, seen, seen, [], [], [], beside, beside];
  assert.deepEqual(idsOf(frames).at(-1), [1]);
  assert.notDeepEqual(idsOf(frames, true).at(-1), [1]);
  // another by its looks is another
  const other = [[[140, 100, 50, 100], BLUE]] as const;
  assert.notDeepEqual(idsOf([...frames.slice(0, 7), other, other]).at(-1), [1]);
});

test("a detection of a class that nobody looked at has no looks, and is tracked by its place", () => {
  const seen = [
    [LEFT, RED],
    [RIGHT, null],
  ] as const;
  const ids = idsOf([seen, seen, seen, seen]);
  assert.equal(ids[3]!.length, 2);
  assert.deepEqual(ids[3], ids[2]);
});
