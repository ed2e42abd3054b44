import assert from "node:assert/strict";
import { test } from "node:test";
import type { PartRow } from "@framequeue/contracts";
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

test("frames that were never decoded are a gap at the end", async () => {
  const missing = { from: 2, to: 4, reason: "source-truncated" } as const;
  assert.deepEqual((await rowsOf([seen(0), seen(1)], missing)).at(-1), { gap: missing });
  assert.deepEqual(await rowsOf([], missing), [{ gap: missing }]);
});
