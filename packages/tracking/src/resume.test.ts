import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { TRACKER_PRESETS, type TrackerOptions } from "@framequeue/contracts";
import { createTracker } from "./tracker.ts";
import { walkingScene } from "./walking-scene.ts";

const { reference } = TRACKER_PRESETS;

const trackers: readonly TrackerOptions[] = [
  reference.sort,
  reference.bytetrack,
  { ...reference.ocsort, refind: true },
  { ...reference.botsort, appearance: true },
  reference.deepsort,
  {
    ...reference.deepsort,
    gallerySize: 5,
    maxAge: 3,
    recall: { maxCosineDistance: 0.3, frames: 40 },
  },
];
const scene = { seed: 4, frames: 60, objects: 20, classes: 2, width: 500, height: 300 };
const splits = [7, 30, 59];

/** Goes on from a checkpoint in a process of its own: job on stdin, tracks and state on stdout. */
const program = `
  import { text } from "node:stream/consumers";
  import { restoreTracker } from "./tracker.ts";
  const { options, checkpoint, frames } = JSON.parse(await text(process.stdin));
  const tracker = restoreTracker(options, checkpoint);
  const tracks = frames.map((frame) => tracker.update(frame));
  process.stdout.write(JSON.stringify({ tracks, state: tracker.save() }));
`;

test("another process goes on from a checkpoint to the same bytes", () => {
  const frames = walkingScene(scene).map((frame) => ({
    ...frame,
    features: frame.boxes.map(([x1, y1, x2, y2]) => [x2 - x1, (y2 - y1) / 2, 20]),
  }));
  for (const options of trackers) {
    const whole = createTracker(options);
    const tracks = frames.map((frame) => whole.update(frame));
    for (const split of splits) {
      const before = createTracker(options);
      for (const frame of frames.slice(0, split)) before.update(frame);
      const after = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
        cwd: import.meta.dirname,
        input: JSON.stringify({ options, checkpoint: before.save(), frames: frames.slice(split) }),
      });
      const expected = JSON.stringify({ tracks: tracks.slice(split), state: whole.save() });
      assert.equal(after.toString(), expected, `${options.algorithm}, from frame ${split}`);
    }
  }
});
