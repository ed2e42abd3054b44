import assert from "node:assert/strict";
import { test } from "node:test";
import type { Segment } from "@framequeue/contracts";
import { judgeDecode } from "./judge-decode.ts";
import type { MissingFrames } from "./missing-frames.ts";

const parallel: Segment = { startPts: 10, ptsDeltas: [10, 2, 2], frames: 3 };
const sequential: Segment = { frames: 3, expectedDeltas: [0, 1, 1] };
const lost = ["h264: Error splitting the input into NAL units."];
const cut = ["mov: stream 0, offset 0xdc177: partial file"];

const table: {
  name: string;
  segment: Segment;
  pts: number[];
  errors?: string[];
  exitCode?: number;
  expect: { matched?: boolean; mismatch?: RegExp; truncated?: boolean; missing?: MissingFrames[] };
}[] = [
  { name: "as promised", segment: parallel, pts: [10, 12, 14], expect: {} },
  {
    name: "as promised, with complaints",
    segment: parallel,
    pts: [10, 12, 14],
    errors: lost,
    expect: { matched: false, mismatch: /splitting the input/ },
  },
  {
    name: "a frame short",
    segment: parallel,
    pts: [10, 12],
    expect: { matched: false, mismatch: /2 frames instead of 3/ },
  },
  {
    name: "another time",
    segment: parallel,
    pts: [10, 13, 14],
    expect: { matched: false, mismatch: /frame 1 has pts 13 instead of 12/ },
  },
  {
    name: "nothing",
    segment: parallel,
    pts: [],
    errors: cut,
    expect: { matched: false, mismatch: /0 frames/, truncated: true },
  },
  { name: "sequential, complete", segment: sequential, pts: [0, 1, 2], expect: {} },
  { name: "sequential, fewer without fault", segment: sequential, pts: [0, 1], expect: {} },
  { name: "sequential, more than packets", segment: sequential, pts: [0, 1, 2, 3], expect: {} },
  {
    name: "sequential, damaged",
    segment: sequential,
    pts: [0, 2],
    errors: lost,
    expect: { missing: [{ before: 1, frames: 1 }] },
  },
  {
    name: "sequential, damaged but complete",
    segment: sequential,
    pts: [0, 1, 2],
    errors: lost,
    expect: {},
  },
  {
    name: "sequential, truncated",
    segment: sequential,
    pts: [0],
    errors: cut,
    expect: { truncated: true, missing: [{ before: 1, frames: 2 }] },
  },
  {
    name: "sequential, cut where headers promise more",
    segment: { ...sequential, frames: 5, truncated: true },
    pts: [0, 1, 2],
    expect: { truncated: true, missing: [{ before: 3, frames: 2 }] },
  },
  {
    name: "sequential, cut, and a packet that is not shown",
    segment: { ...sequential, frames: 5, truncated: true },
    pts: [0, 2],
    expect: { truncated: true, missing: [{ before: 2, frames: 2 }] },
  },
  {
    name: "sequential, cut, nobody knows how much is missing",
    segment: { ...sequential, truncated: true },
    pts: [0, 1, 2],
    expect: { truncated: true },
  },
  {
    name: "sequential, failed",
    segment: sequential,
    pts: [0],
    exitCode: 1,
    expect: { missing: [{ before: 1, frames: 2 }] },
  },
];

for (const { name, segment, pts, errors = [], exitCode = 0, expect } of table) {
  test(name, () => {
    const report = judgeDecode({
      segment,
      pts,
      exitCode,
      errors,
      isDamaged: errors.length > 0,
      shapes: [],
    });
    assert.equal(report.matched, expect.matched ?? true);
    if (expect.mismatch) assert.match(report.mismatch ?? "", expect.mismatch);
    else assert.equal(report.mismatch, undefined);
    assert.equal(report.truncated, expect.truncated ?? false);
    assert.deepEqual(report.missing, expect.missing ?? []);
    assert.deepEqual(report.pts, pts);
  });
}
