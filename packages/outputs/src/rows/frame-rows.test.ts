import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gap, PartRow } from "@framequeue/contracts";
import { toFrameRows } from "./frame-rows.ts";

async function* stream(rows: readonly PartRow[]): AsyncGenerator<PartRow> {
  yield* rows;
}

const seen = (frame: number): PartRow => ({ frame, pts: frame * 512, detections: [], tracks: [] });
const gap = (frame: number): PartRow => ({ frame, gap: "inference-error" });
const rowsOf = (rows: readonly PartRow[], missing?: Parameters<typeof toFrameRows>[2]) =>
  Array.fromAsync(toFrameRows(stream(rows), { labels: ["car"] }, missing));

test("a detection is labelled, and carries the id of the track that claims it", async () => {
  const [row] = await rowsOf([
    {
      frame: 3,
      pts: 9,
      detections: [
        [1, 2, 3, 4, 0.9, 0],
        [5, 6, 7, 8, 0.8, 1],
      ],
      tracks: [
        [7, 1, 2, 3, 4, 0, 0.9, 0],
        [8, 0, 0, 1, 1, 0, 0.5, -1],
      ],
    },
  ]);
  assert.deepEqual(row, {
    frame: 3,
    pts: 9,
    detections: [
      { box: [1, 2, 3, 4], score: 0.9, classId: 0, label: "car", trackId: 7 },
      { box: [5, 6, 7, 8], score: 0.8, classId: 1, label: "class 1" },
    ],
  });
});

test("neighbouring gaps are one row, however the work was cut", async () => {
  const rows = await rowsOf([gap(0), seen(1), gap(2), gap(3), gap(4), seen(5), gap(6)]);
  assert.deepEqual(
    rows.map((row) => ("gap" in row ? [row.gap.from, row.gap.to] : row.frame)),
    [[0, 0], 1, [2, 4], 5, [6, 6]],
  );
});

test("frames that did not decode are a gap where they are missing", async () => {
  const lost = (from: number, to: number) => ({ from, to, reason: "decode-error" }) as const;
  const told = async (rows: PartRow[], ...missing: Gap[]) =>
    (await rowsOf(rows, missing)).map((row) =>
      "gap" in row ? [row.gap.from, row.gap.to, row.gap.reason] : row.frame,
    );
  assert.deepEqual(await told([seen(0), seen(1)], lost(2, 4)), [0, 1, [2, 4, "decode-error"]]);
  assert.deepEqual(await told([], lost(0, 4)), [[0, 4, "decode-error"]]);
  assert.deepEqual(
    await told([seen(2), gap(3), gap(5), seen(6)], lost(0, 1), lost(4, 4), lost(7, 7)),
    [
      [0, 1, "decode-error"],
      2,
      [3, 3, "inference-error"],
      [4, 4, "decode-error"],
      [5, 5, "inference-error"],
      6,
      [7, 7, "decode-error"],
    ],
  );
});
