import { TRACKER_PRESETS, type TrackerOptions } from "@framequeue/contracts";
import {
  createTracker,
  restoreTracker,
  type TrackerCheckpoint,
  type TrackerInput,
} from "@framequeue/tracking";
import { walkingScene } from "@framequeue/tracking/testing";
import type { Bench } from "../bench.ts";

const { reference } = TRACKER_PRESETS;

/** Frames of each scene by its objects: about as long for all. */
const FRAMES: ReadonlyMap<number, number> = new Map([
  [10, 4000],
  [50, 1500],
  [200, 400],
  [1000, 60],
]);
/** A tracker that holds every look against all that it remembers takes longer, and most with many objects. */
const FRAMES_WITH_LOOKS: ReadonlyMap<number, number> = new Map([
  [10, 1500],
  [50, 250],
  [200, 60],
]);
/** Numbers of a look: those of common networks for persons. */
const LOOKS = 128;
/** The fastest of so many runs counts: the others were disturbed. */
const RUNS = 5;

/**
 * Frames per second of the references in Python by objects per frame, on scenes of this kind, one core of another
 * machine: what a ratio to them says is its order of magnitude.
 */
const PYTHON: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  sort: { 10: 1974, 50: 449, 200: 94 },
  bytetrack: { 10: 2220, 50: 551, 200: 135 },
  ocsort: { 10: 1513, 50: 403, 200: 80 },
  botsort: { 10: 2118, 50: 532, 200: 112 },
};

const TRACKERS: readonly TrackerOptions[] = [
  reference.sort,
  reference.bytetrack,
  reference.ocsort,
  reference.botsort,
  reference.deepsort,
];

/** Processor time of every tracker alone, and of its checkpoint. */
export const tracking: Bench = {
  name: "tracking",
  about: "frames per second of every tracker with 10 to 1000 objects, and what a checkpoint costs",
  needs: [],
  run({ report, print }) {
    for (const options of TRACKERS) {
      const looks = options.algorithm === "deepsort" ? LOOKS : undefined;
      for (const [objects, frames] of looks === undefined ? FRAMES : FRAMES_WITH_LOOKS) {
        const fps = framesPerSecond(options, { objects, frames, looks });
        const python = PYTHON[options.algorithm]?.[objects];
        report({
          name: `${options.algorithm}, ${objects} objects`,
          value: fps,
          unit: "frames/s",
          ...(python === undefined
            ? {}
            : { ratio: { value: fps / python, against: `Python's ${python}` } }),
        });
      }
      measureCheckpoint(options, looks, print);
    }
    return Promise.resolve(true);
  },
};

interface Walk {
  readonly objects: number;
  readonly frames: number;
  readonly looks: number | undefined;
}

function sceneOf({ objects, frames, looks }: Walk): TrackerInput[] {
  return walkingScene({ seed: 1, frames, objects, ...(looks === undefined ? {} : { looks }) });
}

function framesPerSecond(options: TrackerOptions, walk: Walk): number {
  const scene = sceneOf(walk);
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const tracker = createTracker(options);
    const before = process.cpuUsage();
    for (const frame of scene) tracker.update(frame);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1e6);
  }
  return walk.frames / best;
}

/** Saves and restores a tracker of 200 objects, over text as the track stage does. */
function measureCheckpoint(
  options: TrackerOptions,
  looks: number | undefined,
  print: Parameters<Bench["run"]>[0]["print"],
): void {
  const tracker = createTracker(options);
  for (const frame of sceneOf({ objects: 200, frames: 40, looks })) tracker.update(frame);
  let best = Number.POSITIVE_INFINITY;
  let bytes = 0;
  for (let run = 0; run < 10 * RUNS; run++) {
    const started = performance.now();
    const text = JSON.stringify(tracker.save());
    restoreTracker(options, JSON.parse(text) as TrackerCheckpoint);
    best = Math.min(best, performance.now() - started);
    bytes = text.length;
  }
  print(
    { bench: "tracking", checkpoint: options.algorithm, bytes, milliseconds: best },
    `${options.algorithm}: checkpoint of 200 objects ${(bytes / 1000).toFixed(0)} kB, saved and restored in ${best.toFixed(1)} ms`,
  );
}
