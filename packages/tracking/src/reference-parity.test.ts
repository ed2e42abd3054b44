import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { TRACKER_PRESETS, type TrackerOptions } from "@framequeue/contracts";
import { xywhToXyxy, xyxyToXywh } from "@framequeue/vision";
import type { BoxXywh } from "@framequeue/vision";
import type { CameraMotion } from "./camera/camera-motion.ts";
import { parseCmcText } from "./camera/cmc-text.ts";
import { parseMotText } from "./mot-text.ts";
import type { MotRow } from "./mot-text.ts";
import { createTracker } from "./tracker.ts";

const { reference } = TRACKER_PRESETS;

const folder = new URL("../../../../shared/data/mot/", import.meta.url);
const referencesOf = (file: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder).filter((name) => existsSync(new URL(`${name}/${file}`, folder)))
    : [];

/** The reference's rows carry 3 decimals, and 64-bit arithmetic in another order moves less. */
const tolerancePx = 0.001;

function rowsOf(sequence: string, file: string): Map<number, MotRow[]> {
  const rows = parseMotText(readFileSync(new URL(`${sequence}/${file}`, folder), "utf8"));
  return Map.groupBy(rows, ({ frame }) => frame);
}

function distance(a: BoxXywh, b: BoxXywh): number {
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
}

/** The camera motion of each frame, from the first. */
function cameraMotionsOf(sequence: string): CameraMotion[] {
  const file = new URL(`${sequence}/cmc.txt`, folder);
  return existsSync(file) ? parseCmcText(readFileSync(file, "utf8")) : [];
}

/** Tracks one sequence beside the reference's rows; returns how many rows there were. */
function compare(sequence: string, file: string, options: TrackerOptions): number {
  const info = readFileSync(new URL(`${sequence}/seqinfo.ini`, folder), "utf8");
  const frames = Number(/^seqLength\s*=\s*(\d+)/im.exec(info)![1]);
  const detections = rowsOf(sequence, "det.txt");
  const reference = rowsOf(sequence, file);
  const cameraMotions = options.algorithm === "botsort" ? cameraMotionsOf(sequence) : [];
  const tracker = createTracker(options);
  const ourIdOf = new Map<number, number>();
  let compared = 0;
  for (let frame = 1; frame <= frames; frame++) {
    const cameraMotion = cameraMotions[frame - 1];
    const seen = detections.get(frame) ?? [];
    const ours = new Map(
      tracker
        .update({
          boxes: seen.map(({ boxXywh }) => xywhToXyxy(boxXywh)),
          scores: seen.map(({ score }) => score),
          classIds: seen.map(() => 0),
          features: seen.map(({ rest }) => rest.slice(3)),
          ...(cameraMotion === undefined ? {} : { cameraMotion }),
        })
        .map(({ trackId, box }) => [trackId, xyxyToXywh(box)]),
    );
    const expected = reference.get(frame) ?? [];
    assert.equal(ours.size, expected.length, `tracks in frame ${frame}`);
    for (const { id, boxXywh } of expected) {
      // A reference id new to us is the track of ours that lies there; from then on the two are one.
      const known = ourIdOf.get(id);
      const ourId =
        known ?? [...ours].find(([, box]) => distance(box, boxXywh) <= tolerancePx)?.[0];
      const box = ours.get(ourId ?? 0);
      assert.ok(
        ourId !== undefined && box !== undefined && distance(box, boxXywh) <= tolerancePx,
        `frame ${frame}, track ${id} of the reference`,
      );
      if (known === undefined) {
        assert.ok(![...ourIdOf.values()].includes(ourId), `track ${ourId} has two identities`);
        ourIdOf.set(id, ourId);
      }
      ours.delete(ourId);
      compared++;
    }
  }
  return compared;
}

const trackers: [string, string, TrackerOptions][] = [
  ["SORT", "sort.txt", reference.sort],
  ["ByteTrack", "bytetrack.txt", reference.bytetrack],
  ["OC-SORT", "ocsort.txt", reference.ocsort],
  ["DeepSORT", "deepsort.txt", reference.deepsort],
  ["BoT-SORT", "botsort.txt", reference.botsort],
  ["BoT-SORT with looks", "botsort-reid.txt", { ...reference.botsort, appearance: true }],
];
for (const [name, file, options] of trackers) {
  const sequences = referencesOf(file);
  test(
    `${name} reproduces every row of the reference`,
    { skip: sequences.length > 0 ? false : "shared/data is not here: no reference results" },
    (context) => {
      for (const sequence of sequences) {
        const rows = compare(sequence, file, options);
        assert.ok(rows > 0);
        context.diagnostic(`${sequence}: ${rows} rows`);
      }
    },
  );
}
