import type { Size } from "@framequeue/vision";
import assert from "node:assert/strict";
import type { FrameDetections } from "../detector.ts";

/** A detection by the definitions of a family's authors: corners in source pixels. */
export interface Found {
  readonly box: readonly [number, number, number, number];
  readonly score: number;
  readonly classId: number;
}

/** Suppression within each class, as plainly as possible: best first, strictly above the threshold goes. */
export function naiveNms(all: readonly Found[], iou: number): Found[] {
  const kept: Found[] = [];
  for (const one of byScore(all)) {
    const rival = kept.some((k) => k.classId === one.classId && overlap(k.box, one.box) > iou);
    if (!rival) kept.push(one);
  }
  return kept;
}

export function byScore(all: readonly Found[]): Found[] {
  return [...all].sort((a, b) => b.score - a.score);
}

/** Cuts boxes at the border of the source and drops those outside. */
export function clipped(all: readonly Found[], { width, height }: Size): Found[] {
  const clip = (value: number, limit: number): number => Math.max(0, Math.min(limit, value));
  return all
    .map(({ box: [x1, y1, x2, y2], ...rest }): Found => ({
      box: [clip(x1, width), clip(y1, height), clip(x2, width), clip(y2, height)],
      ...rest,
    }))
    .filter(({ box: [x1, y1, x2, y2] }) => x2 > x1 && y2 > y1);
}

function overlap(a: Found["box"], b: Found["box"]): number {
  const width = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const height = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const area = (box: Found["box"]): number => (box[2] - box[0]) * (box[3] - box[1]);
  return (width * height) / (area(a) + area(b) - width * height);
}

/** Same classes in the same order, boxes within 0.01 px, scores within 1e-4. */
export function assertEqualDetections(
  found: FrameDetections,
  wanted: readonly Found[],
  what: string,
): void {
  assert.deepEqual(
    [...found.classIds],
    wanted.map(({ classId }) => classId),
    what,
  );
  for (const [i, { box, score }] of wanted.entries()) {
    assert.ok(Math.abs(found.scores[i]! - score) < 1e-4, `${what}: score ${i}`);
    for (const [side, value] of box.entries()) {
      const off = Math.abs(found.boxes[4 * i + side]! - value);
      assert.ok(off < 0.01, `${what}: box ${i} is off by ${off}`);
    }
  }
}
