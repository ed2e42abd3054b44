import assert from "node:assert/strict";
import { test } from "node:test";
import type { FrameFileRow, TrackRow } from "@framequeue/contracts";
import { bytesOf } from "../memory-sink.ts";
import { framesJsonl } from "../formats/frames-jsonl.ts";
import { tracksJsonl } from "../formats/tracks-jsonl.ts";
import type { JobHeader } from "../format.ts";
import { keptRows, readHeader, type ResultFiles } from "./kept-rows.ts";

const HEADER: JobHeader = {
  schemaVersion: 1,
  media: { sha256: "a", width: 64, height: 48, rotation: 0, timeBase: [1, 25], frames: 3 },
  models: [],
  options: { minScore: 0.3 } as JobHeader["options"],
};
const artifact = { key: "k", bytes: 0, sha256: "b" };

/** A file in chunks of so many bytes. */
function inChunks(bytes: Uint8Array, size: number): ResultFiles {
  return {
    async *read() {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    },
  };
}

async function* stream<T>(rows: readonly T[]): AsyncGenerator<T> {
  yield* rows;
}

test("rows come back from a file as they went in, wherever its bytes are cut, and as often as asked", async () => {
  const rows: FrameFileRow[] = [
    { frame: 0, pts: 0, detections: [{ box: [1, 2, 3, 4], score: 0.5, classId: 0, label: "Ü🚗" }] },
    { gap: { from: 1, to: 1, reason: "inference-error" } },
    { frame: 2, pts: 2, detections: [] },
  ];
  const bytes = await bytesOf(framesJsonl, stream(rows), HEADER);
  for (const size of [1, 7, 1_000]) {
    const files = inChunks(bytes, size);
    assert.deepEqual((await readHeader(files, artifact)).media, HEADER.media);
    const kept = keptRows.frames(files, artifact);
    for (const _ of [1, 2]) assert.deepEqual(await Array.fromAsync(kept), rows);
  }
});

test("a track comes back with its path in pieces, whether that is read or not", async () => {
  const rows = ['car,"path":[', "b"].map((label, i): Omit<TrackRow, "path"> => ({
    trackId: i + 1,
    classId: 0,
    label,
    score: 0.5,
    first: { frame: 0, pts: 0 },
    last: { frame: 1, pts: 1 },
    observed: 2,
    best: { frame: 0, box: [0, 0, 1, 1] },
  }));
  const path = "[0,0,0,1,1],[1,0,0,1,1,0]";
  const texts = rows.map((row) => ({ row, path: stream([path.slice(0, 4), path.slice(4)]) }));
  const bytes = await bytesOf(tracksJsonl, stream(texts), HEADER);
  for (const size of [1, 5, 1_000]) {
    for (const readsPath of [true, false]) {
      const seen = [];
      for await (const track of keptRows.tracks(inChunks(bytes, size), artifact)) {
        seen.push(track.row);
        if (readsPath) assert.equal((await Array.fromAsync(track.path)).join(""), path);
      }
      assert.deepEqual(seen, rows);
    }
  }
  const cut = inChunks(bytes.subarray(0, -4), 1_000);
  await assert.rejects(Array.fromAsync(keptRows.tracks(cut, artifact)), /ends within a row/);
});
