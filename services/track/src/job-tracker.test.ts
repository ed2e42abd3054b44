import assert from "node:assert/strict";
import { test } from "node:test";
import { type DetectionTuple, trackerOptionsSchema } from "@framequeue/contracts";
import { encodeLandmarks, type Landmarks } from "@framequeue/vision";
import { createJobTracker, type JobCheckpoint } from "./job-tracker.ts";
import { trackFrame, type UntrackedFrame } from "./track-frame.ts";

const SIZE = { width: 1000, height: 500 };
const FOLLOWING = trackerOptionsSchema.parse({ algorithm: "botsort", cameraMotion: true });
/** What the camera has moved by until each frame, in hundredths of the picture: further than the box is wide. */
const STEPS = [0, 9, -3, 8, 1, 12, 4, -6, 2, 10];

/** A grid of landmarks, each unlike all others, moved by some hundredths of the picture. */
function landmarksAt(step: number): Landmarks {
  const indices = Array.from({ length: 60 }, (_, i) => i);
  const positions = indices.flatMap((i) => [
    Math.round(((20 + 6 * (i % 10) + step) / 100) * 65_536),
    Math.round(((15 + 12 * Math.floor(i / 10)) / 100) * 65_536),
  ]);
  const descriptions = Array.from(
    { length: 240 },
    (_, i) => Math.imul(i + 1, 2_654_435_761) ^ Math.imul(i + 7, 40_503),
  );
  return { positions: Uint16Array.from(positions), descriptions: Uint32Array.from(descriptions) };
}

const frames = STEPS.map((step, i): UntrackedFrame => {
  if (i === 6) return "gap";
  const detection: DetectionTuple = [300 + 10 * step, 200, 50, 100, 0.9, 0];
  return { pts: i, detections: [detection], landmarks: encodeLandmarks(landmarksAt(step)) };
});

test("tracks move with the camera, also over a gap", () => {
  const idsWith = (options: typeof FOLLOWING): number[] => {
    const tracker = createJobTracker(options, SIZE);
    return frames.flatMap((frame, i) => {
      const row = trackFrame(tracker, frame, { number: i, everyNth: 1, size: SIZE });
      return "gap" in row ? [] : row.tracks.map(([id]) => id);
    });
  };
  assert.deepEqual(new Set(idsWith(FOLLOWING)), new Set([1]));
  assert.ok(new Set(idsWith({ ...FOLLOWING, cameraMotion: false } as typeof FOLLOWING)).size > 3);
});

test("a job's tracker that is restored after every frame goes on to the same rows", () => {
  const whole = createJobTracker(FOLLOWING, SIZE);
  const expected = frames.map((frame, i) =>
    trackFrame(whole, frame, { number: i, everyNth: 1, size: SIZE }),
  );
  let saved: string | undefined;
  const resumed = frames.map((frame, i) => {
    const checkpoint = saved === undefined ? undefined : (JSON.parse(saved) as JobCheckpoint);
    const tracker = createJobTracker(FOLLOWING, SIZE, checkpoint);
    const row = trackFrame(tracker, frame, { number: i, everyNth: 1, size: SIZE });
    saved = JSON.stringify(tracker.save());
    return row;
  });
  assert.deepEqual(resumed, expected);
  assert.equal(saved, JSON.stringify(whole.save()));
});
