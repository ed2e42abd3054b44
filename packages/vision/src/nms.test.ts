import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { iou } from "./box.ts";
import type { BoxXyxy } from "./box.ts";
import { nms } from "./nms.ts";

const seed = 20170425;

interface Candidate {
  readonly box: BoxXyxy;
  readonly score: number;
  readonly classId?: number;
}

function run(candidates: readonly Candidate[], threshold: number, max?: number): number[] {
  const kept = nms(
    Float32Array.from(candidates.flatMap(({ box }) => box)),
    Float32Array.from(candidates, ({ score }) => score),
    Int32Array.from(candidates, ({ classId }) => classId ?? 0),
    threshold,
    max,
  );
  return [...kept];
}

const left: BoxXyxy = [0, 0, 10, 10];
const nearLeft: BoxXyxy = [1, 0, 11, 10]; // IoU with left: 90 / 110
const half: BoxXyxy = [0, 0, 10, 5]; // IoU with left: exactly 0.5
const far: BoxXyxy = [100, 100, 120, 120];

const rows: [string, Candidate[], number, number[]][] = [
  ["nothing", [], 0.5, []],
  [
    "the weaker of an overlapping pair goes",
    [
      { box: left, score: 0.6 },
      { box: nearLeft, score: 0.9 },
      { box: far, score: 0.7 },
    ],
    0.5,
    [1, 2],
  ],
  [
    "other classes do not suppress",
    [
      { box: left, score: 0.6, classId: 0 },
      { box: nearLeft, score: 0.9, classId: 1 },
    ],
    0.5,
    [1, 0],
  ],
  [
    "an IoU equal to the threshold keeps both",
    [
      { box: left, score: 0.9 },
      { box: half, score: 0.8 },
    ],
    0.5,
    [0, 1],
  ],
  [
    "an IoU just above the threshold suppresses",
    [
      { box: left, score: 0.9 },
      { box: half, score: 0.8 },
    ],
    0.4999,
    [0],
  ],
  [
    "equal scores: the lower index wins",
    [
      { box: nearLeft, score: 0.5 },
      { box: left, score: 0.5 },
      { box: far, score: 0.5 },
    ],
    0.5,
    [0, 2],
  ],
  [
    "a suppressed candidate suppresses nothing",
    [
      { box: [0, 0, 10, 10], score: 0.9 },
      { box: [4, 0, 14, 10], score: 0.8 },
      { box: [8, 0, 18, 10], score: 0.7 },
    ],
    0.3,
    [0, 2],
  ],
  [
    "NaN scores and boxes are never kept, empty boxes overlap nothing",
    [
      { box: left, score: Number.NaN },
      { box: [0, Number.NaN, 10, 10], score: 0.9 },
      { box: [5, 5, 5, 5], score: 0.2 },
      { box: left, score: 0.3 },
    ],
    0.5,
    [3, 2],
  ],
];
for (const [name, candidates, threshold, expected] of rows) {
  test(`NMS: ${name}`, () => assert.deepEqual(run(candidates, threshold), expected));
}

test("arrays of unequal length are refused", () => {
  assert.throws(
    () => nms(new Float32Array(8), new Float32Array(2), new Int32Array(1), 0.5),
    RangeError,
  );
  assert.throws(
    () => nms(new Float32Array(7), new Float32Array(2), new Int32Array(2), 0.5),
    RangeError,
  );
});

// Small whole numbers: they are exact in 32 bits, and collide often.
const candidate = fc.record({
  box: fc
    .tuple(fc.nat(12), fc.nat(12), fc.nat(8), fc.nat(8))
    .map(([x, y, w, h]): BoxXyxy => [x, y, x + w, y + h]),
  score: fc.nat(8).map((eighths) => eighths / 8),
  classId: fc.nat(2),
});

/** The definition, literally: take the best, drop what it overlaps, repeat. */
function byDefinition(candidates: readonly Required<Candidate>[], threshold: number): number[] {
  let rest = candidates.map((_, index) => index);
  const kept: number[] = [];
  while (rest.length > 0) {
    let best = rest[0]!;
    for (const index of rest) if (candidates[index]!.score > candidates[best]!.score) best = index;
    kept.push(best);
    const winner = candidates[best]!;
    rest = rest.filter(
      (index) =>
        index !== best &&
        !(
          candidates[index]!.classId === winner.classId &&
          iou(candidates[index]!.box, winner.box) > threshold
        ),
    );
  }
  return kept;
}

test("equals the definition, and a limit takes its first rows", () => {
  fc.assert(
    fc.property(
      fc.array(candidate, { maxLength: 40 }),
      fc.constantFrom(0, 0.25, 0.5, 0.7, 1),
      fc.nat(10),
      (candidates, threshold, max) => {
        const kept = run(candidates, threshold);
        assert.deepEqual(kept, byDefinition(candidates, threshold));
        assert.deepEqual(run(candidates, threshold, max), kept.slice(0, max));
      },
    ),
    { seed, numRuns: 500 },
  );
});
