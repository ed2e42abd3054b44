import assert from "node:assert/strict";
import { test } from "node:test";
import type { PartRow, TrackTuple } from "@framequeue/contracts";
import { fillGaps } from "./fill-gaps.ts";

const tuple = (trackId: number, x: number, detection = 0): TrackTuple => {
  return [trackId, x, 10, 20, 30, 0, detection < 0 ? 0 : 0.9, detection];
};

/** A row per entry: the places of tracks by id, or null for a frame without a result. */
function rowsOf(entries: readonly (Readonly<Record<number, number>> | null)[]): PartRow[] {
  return entries.map((places, frame) =>
    places === null
      ? { frame, gap: "inference-error" }
      : {
          ...{ frame, pts: frame, detections: [] },
          tracks: Object.entries(places).map(([id, x]) => tuple(Number(id), x)),
        },
  );
}

async function* stream(rows: readonly PartRow[]): AsyncGenerator<PartRow> {
  yield* rows;
}

async function tracksOf(
  entries: readonly (Readonly<Record<number, number>> | null)[],
  maxFrames: number,
): Promise<(TrackTuple[] | null)[]> {
  const rows = await Array.fromAsync(fillGaps(stream(rowsOf(entries)), maxFrames));
  assert.deepEqual(
    rows.map(({ frame }) => frame),
    entries.map((_, frame) => frame),
  );
  return rows.map((row) => ("gap" in row ? null : row.tracks));
}

test("a gap is filled by a straight line, marked as not seen, with score 0", async () => {
  assert.deepEqual(await tracksOf([{ 1: 0 }, {}, {}, { 1: 9 }], 2), [
    [tuple(1, 0)],
    [tuple(1, 3, -1)],
    [tuple(1, 6, -1)],
    [tuple(1, 9)],
  ]);
});

test("a longer gap, a beginning and an end stay as they are", async () => {
  const entries: Record<number, number>[] = [{}, { 1: 0 }, {}, {}, { 1: 9 }, {}];
  const expected = [[], [tuple(1, 0)], [], [], [tuple(1, 9)], []];
  assert.deepEqual(await tracksOf(entries, 1), expected);
  assert.deepEqual(await tracksOf(entries, 0), expected);
});

test("frames without a result are crossed, and have none afterwards", async () => {
  assert.deepEqual(await tracksOf([{ 1: 0 }, null, {}, { 1: 9 }], 5), [
    [tuple(1, 0)],
    null,
    [tuple(1, 6, -1)],
    [tuple(1, 9)],
  ]);
});

test("frames that were not looked at get no rows, and a gap is as long as those that were missed", async () => {
  const looks = rowsOf([{ 1: 0 }, {}, {}, { 1: 9 }]).map((row) => ({
    ...row,
    frame: 5 * row.frame,
  }));
  const filled = async (maxFrames: number) =>
    (await Array.fromAsync(fillGaps(stream(looks), maxFrames, 5))).map((row) =>
      "gap" in row ? null : [row.frame, ...row.tracks.map(([, x]) => x)],
    );
  const gone = [[0, 0], [5], [10], [15, 9]];
  assert.deepEqual(await filled(9), gone);
  for (const long of [10, 14, 99]) {
    assert.deepEqual(await filled(long), [
      [0, 0],
      [5, 3],
      [10, 6],
      [15, 9],
    ]);
  }
  assert.deepEqual(await filled(4), gone);
});

test("tracks stay in order of their ids", async () => {
  assert.deepEqual(await tracksOf([{ 1: 0, 2: 50 }, { 2: 50 }, { 1: 2, 2: 50 }], 3), [
    [tuple(1, 0), tuple(2, 50)],
    [tuple(1, 1, -1), tuple(2, 50)],
    [tuple(1, 2), tuple(2, 50)],
  ]);
});

test("the rows that came in are not changed", async () => {
  const rows = rowsOf([{ 1: 0 }, {}, { 1: 2 }]);
  const before = JSON.stringify(rows);
  await Array.fromAsync(fillGaps(stream(rows), 4));
  assert.equal(JSON.stringify(rows), before);
});
