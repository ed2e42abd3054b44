import assert from "node:assert/strict";
import { test } from "node:test";
import type { DetectionTuple, PartRow, TrackTuple } from "@framequeue/contracts";
import { ViewPicker, type ViewTerms } from "./view-picker.ts";

const TERMS: ViewTerms = {
  most: 2,
  apart: 10,
  picture: { width: 200, height: 100 },
  wanted: () => true,
};

/** A frame in which each detection belongs to the track of its number, from 1. */
function row(frame: number, detections: DetectionTuple[]): PartRow {
  const tracks = detections.map(([x, y, w, h, score, classId], i): TrackTuple => [
    i + 1,
    x,
    y,
    w,
    h,
    classId,
    score,
    i,
  ]);
  return { frame, pts: frame, detections, tracks };
}

function framesOf(rows: readonly PartRow[], terms: Partial<ViewTerms> = {}): [number, number][] {
  const picker = new ViewPicker({ ...TERMS, ...terms });
  for (const each of rows) picker.see(each);
  return picker.views().map(({ trackId, frame }) => [trackId, frame]);
}

const box = (size: number, score = 0.9): DetectionTuple => [20, 20, size, size, score, 0];

test("the best views of a track are kept, apart from each other, in the order of time", () => {
  const sizes = [10, 30, 29, 12, 14, 20, 16];
  const rows = sizes.map((size, i) => row(i * 6, [box(size)]));
  // frame 12 is nearly as good as 6, and shows the same
  assert.deepEqual(framesOf(rows), [
    [1, 6],
    [1, 30],
  ]);
  assert.deepEqual(framesOf(rows, { apart: 1 }), [
    [1, 6],
    [1, 12],
  ]);
});

test("a better neighbour takes the place of all that are near it", () => {
  const rows = [row(0, [box(10)]), row(12, [box(11)]), row(6, [box(20)])];
  assert.deepEqual(framesOf(rows), [[1, 6]]);
});

test("what is covered, cut off, or not seen counts for less or nothing", () => {
  const covered = row(0, [box(40), [30, 20, 40, 40, 0.9, 0]]);
  assert.deepEqual(framesOf([covered, row(20, [box(25)])], { most: 1 }), [
    [1, 20],
    [2, 0],
  ]);
  const atBorder = row(0, [[0, 20, 40, 40, 0.9, 0]]);
  assert.deepEqual(framesOf([atBorder, row(20, [box(25)])], { most: 1 }), [[1, 20]]);
  const predicted: PartRow = {
    ...{ frame: 20, pts: 20, detections: [] },
    tracks: [[1, 20, 20, 90, 90, 0, 0, -1]],
  };
  assert.deepEqual(framesOf([row(0, [box(5)]), predicted, { frame: 21, gap: "inference-error" }]), [
    [1, 0],
  ]);
});

test("only wanted classes have views", () => {
  assert.deepEqual(framesOf([row(0, [box(10)])], { wanted: (classId) => classId !== 0 }), []);
});
