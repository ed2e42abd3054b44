import assert from "node:assert/strict";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { PartRow, TrackRow, TrackTuple } from "@framequeue/contracts";
import { TrackSpool } from "./track-spool.ts";

async function openSpool() {
  const folder = await mkdtemp(join(tmpdir(), "fq-spool-"));
  const path = join(folder, "paths");
  const spool = await TrackSpool.open(path);
  return {
    spool,
    path,
    async [Symbol.asyncDispose]() {
      await spool[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

async function rowsOf(spool: TrackSpool, labels: readonly string[]): Promise<TrackRow[]> {
  const rows: TrackRow[] = [];
  for await (const { row, path } of spool.rows(labels)) {
    const points = (await Array.fromAsync(path)).join("");
    rows.push({ ...row, path: JSON.parse(`[${points}]`) });
  }
  return rows;
}

test("where nothing was seen of a track, its path says so, and nothing else counts it", async () => {
  await using at = await openSpool();
  const rows: PartRow[] = [
    { frame: 0, pts: 0, detections: [], tracks: [[1, 0, 0, 10, 10, 0, 0.8, 0]] },
    { frame: 1, pts: 1, detections: [], tracks: [[1, 1, 0, 99, 99, 0, 0, -1]] },
    { frame: 2, pts: 2, detections: [], tracks: [[1, 2, 0, 10, 10, 0, 0.6, 0]] },
  ];
  for (const row of rows) await at.spool.add(row);
  const [track] = await rowsOf(at.spool, ["car"]);
  assert.deepEqual([track!.observed, track!.score, track!.best.frame], [2, 0.7, 0]);
  assert.deepEqual(track!.path, [
    [0, 0, 0, 10, 10],
    [1, 1, 0, 99, 99, 0],
    [2, 2, 0, 10, 10],
  ]);
});

test("a track's row holds its span, its mean score, its best view and its path", async () => {
  await using at = await openSpool();
  const rows: PartRow[] = [
    { frame: 0, pts: 10, detections: [], tracks: [[2, 0, 0, 10, 10, 1, 0.5, 0]] },
    { frame: 1, gap: "inference-error" },
    {
      frame: 2,
      pts: 30,
      detections: [],
      tracks: [
        [2, 1, 1, 20, 10, 1, 0.8, 0],
        [1, 5, 5, 4, 4, 0, 0.9, 1],
      ],
    },
    { frame: 3, pts: 40, detections: [], tracks: [[2, 2, 2, 10, 10, 1, 0.9, 0]] },
  ];
  for (const row of rows) await at.spool.add(row);
  assert.equal(at.spool.count, 2);
  assert.deepEqual(await rowsOf(at.spool, ["car"]), [
    {
      trackId: 1,
      classId: 0,
      label: "car",
      score: 0.9,
      first: { frame: 2, pts: 30 },
      last: { frame: 2, pts: 30 },
      observed: 1,
      best: { frame: 2, box: [5, 5, 4, 4] },
      path: [[2, 5, 5, 4, 4]],
    },
    {
      trackId: 2,
      classId: 1,
      label: "class 1",
      score: 0.7333,
      first: { frame: 0, pts: 10 },
      last: { frame: 3, pts: 40 },
      observed: 3,
      best: { frame: 2, box: [1, 1, 20, 10] },
      path: [
        [0, 0, 0, 10, 10],
        [2, 1, 1, 20, 10],
        [3, 2, 2, 10, 10],
      ],
    },
  ]);
});

test("paths of any length come back whole and in order, and wait in the file", async () => {
  await using at = await openSpool();
  const frames = 40_000;
  const box = (frame: number, id: number): TrackTuple => {
    return [id, frame % 600, (frame * 7) % 300, 20.25, 10.5, 0, 0.5, 0];
  };
  // One track all the way, one every other frame, and many short ones that leave a few points each.
  for (let frame = 0; frame < frames; frame++) {
    const tracks = [box(frame, 1), ...(frame % 2 === 0 ? [box(frame, 2)] : [])];
    tracks.push(box(frame, 3 + Math.floor(frame / 5)));
    await at.spool.add({ frame, pts: frame, detections: [], tracks });
  }
  const total = 2.5 * frames * "[10000,100,100,20.25,10.5],".length;
  assert.ok((await stat(at.path)).size > total - 1.2 * (1 << 20), "most of it is in the file");
  for (const { trackId, path, observed, first, last } of await rowsOf(at.spool, [])) {
    assert.equal(path.length, observed);
    assert.deepEqual([path[0]![0], path.at(-1)![0]], [first.frame, last.frame]);
    const step = trackId === 2 ? 2 : 1;
    for (const [i, point] of path.entries()) {
      const frame = first.frame + i * step;
      assert.deepEqual(point, [frame, ...box(frame, trackId).slice(1, 5)]);
    }
  }
});
