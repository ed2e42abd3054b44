import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { xywhToXyxy, xyxyToXywh } from "@framequeue/vision";
import type { BoxXywh } from "@framequeue/vision";
import { createByteTrack } from "./byte-track.ts";

const folder = new URL("../../../../../shared/data/mot/bytetrack_palace/", import.meta.url);
const present = existsSync(folder);

/** The port calculates in 32 bits. */
const tolerancePx = 0.01;

/** The C++ port's own constants, and the box that it matches. */
const portOptions = {
  trackThreshold: 0.5,
  lowThreshold: 0,
  foundThreshold: 0.6,
  matchThreshold: 0.8,
  trackBuffer: 30,
  fuseScores: false,
  matchLastBox: true,
};

/** Of detections (`prob`) or of tracks (`track_id`), all as text. */
interface PortRow extends Record<"x" | "y" | "width" | "height", string> {
  readonly frame_id: string;
  readonly prob?: string;
  readonly track_id?: string;
}

function rowsOf(file: string): Map<number, PortRow[]> {
  const { results } = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as {
    results: PortRow[];
  };
  return Map.groupBy(results, (row) => Number(row.frame_id));
}

const boxOf = ({ x, y, width, height }: PortRow): BoxXywh => [+x, +y, +width, +height];

test(
  "ByteTrack reproduces every row of its C++ port",
  { skip: present ? false : "shared/data is not here: no reference results" },
  (context) => {
    const detections = rowsOf("detection_results.json");
    const reference = rowsOf("tracking_results.json");
    const frames = Math.max(...detections.keys(), ...reference.keys()) + 1;
    const association = createByteTrack(portOptions);
    const ourIdOf = new Map<number, number>();
    let nextTrackId = 1;
    let compared = 0;
    let worstPx = 0;
    // The file counts frames from 0.
    for (let frame = 1; frame <= frames; frame++) {
      const observations = (detections.get(frame - 1) ?? []).map((row, detection) => {
        return { box: xywhToXyxy(boxOf(row)), score: Number(row.prob), classId: 0, detection };
      });
      const ours = association.step({ frame, elapsed: 1 }, observations, () => nextTrackId++);
      const expected = reference.get(frame - 1) ?? [];
      assert.equal(ours.length, expected.length, `tracks in frame ${frame}`);
      for (const row of expected) {
        const distance = (box: BoxXywh) =>
          Math.max(...boxOf(row).map((value, i) => Math.abs(value - box[i]!)));
        const id = Number(row.track_id);
        const known = ourIdOf.get(id);
        const track = ours.find(({ trackId, box }) =>
          known === undefined ? distance(xyxyToXywh(box)) <= tolerancePx : trackId === known,
        );
        assert.ok(track !== undefined, `frame ${frame}, track ${id} of the reference`);
        const apartPx = distance(xyxyToXywh(track.box));
        assert.ok(apartPx <= tolerancePx, `frame ${frame}, track ${id}: ${apartPx} px apart`);
        if (known === undefined) {
          assert.ok(![...ourIdOf.values()].includes(track.trackId), "two identities of one track");
          ourIdOf.set(id, track.trackId);
        }
        worstPx = Math.max(worstPx, apartPx);
        compared++;
      }
    }
    assert.ok(compared > 0);
    context.diagnostic(`${compared} rows, at most ${worstPx.toFixed(4)} px apart`);
  },
);
