import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  averagePrecision,
  countDetections,
  meanAveragePrecision,
  precision,
  recall,
} from "./average-precision.ts";
import { matchDetections } from "./detection-matching.ts";
import type { AnnotatedBox, DetectedBox, DetectionMatching } from "./detection-matching.ts";
import type { BoxXyxy } from "./box.ts";

/** 10 by 10; boxes `d` apart overlap by (10 - d) / (10 + d). */
const at = (x: number): BoxXyxy => [x, 0, x + 10, 10];
const truth = (x: number, more: Partial<AnnotatedBox> = {}): AnnotatedBox => ({
  frame: 0,
  classId: 0,
  boxXyxy: at(x),
  ...more,
});
const found = (x: number, score: number, more: Partial<DetectedBox> = {}): DetectedBox => ({
  frame: 0,
  classId: 0,
  boxXyxy: at(x),
  score,
  ...more,
});
const overlapsOf = (
  detections: DetectedBox[],
  truths: AnnotatedBox[],
  threshold = 0.5,
): number[] => [...matchDetections(detections, truths, 0, threshold).overlaps];
/** `hits`: right (1) or wrong (0), by falling score. */
const outcome = (objects: number, hits: readonly number[]): DetectionMatching => ({
  objects,
  overlaps: Float64Array.from(hits),
  scores: Float64Array.from(hits, (_, i) => 1 - i / 100),
});
const close = (actual: number | undefined, expected: number): void =>
  assert.ok(Math.abs(actual! - expected) < 1e-12, `${actual} and not ${expected}`);

test("matching: an object is found once, by the best score and not by the best overlap", () => {
  assert.deepEqual(overlapsOf([found(0, 0.8), found(2, 0.9)], [truth(0)]), [2 / 3, 0]);
});

test("matching: a detection takes the object that it overlaps most, unless another was first", () => {
  const objects = [truth(0), truth(4)];
  assert.deepEqual(overlapsOf([found(3, 0.9)], objects), [9 / 11]);
  // The second would fit the taken one better, and falls back on the free one.
  assert.deepEqual(overlapsOf([found(4, 0.9), found(3, 0.8)], objects), [1, 7 / 13]);
});

test("matching: an overlap equal to the threshold counts, other frames and classes do not", () => {
  const half = found(0, 0.9, { boxXyxy: [0, 0, 10, 5] });
  assert.deepEqual(overlapsOf([half], [truth(0)]), [0.5]);
  assert.deepEqual(overlapsOf([half], [truth(0)], 0.51), [0]);
  assert.deepEqual(overlapsOf([found(0, 0.9)], [truth(0, { frame: 1 })]), [0]);
  assert.deepEqual(overlapsOf([found(0, 0.9)], [truth(0, { classId: 1 })]), [0]);
  assert.deepEqual(overlapsOf([found(0, 0.9, { classId: 1 })], [truth(0)]), []);
});

test("matching: equal scores keep their order", () => {
  assert.deepEqual(overlapsOf([found(2, 0.5), found(0, 0.5)], [truth(0)]), [2 / 3, 0]);
});

test("matching: what lies on an ignored box is left out, whatever its class and number", () => {
  const region = truth(0, { classId: 7, ignored: true, boxXyxy: [0, 0, 100, 10] });
  const detections = [found(0, 0.9), found(40, 0.8), found(95, 0.7), found(96, 0.6)];
  // At 95 half of it is inside; at 96 less.
  assert.deepEqual(overlapsOf(detections, [region]), [0]);
  // What is found there counts where a scored object is.
  assert.deepEqual(overlapsOf(detections, [region, truth(40)]), [1, 0]);
  assert.equal(matchDetections(detections, [region, truth(40)], 0, 0.5).objects, 1);
});

const curves: [string, number, number[], number][] = [
  ["all found, nothing else", 3, [1, 1, 1], 1],
  ["nothing found", 3, [], 0],
  ["only false alarms", 3, [0, 0], 0],
  // Recall 1/2 at precision 1 serves the levels 0 to 0.50, recall 1 at 2/3 the 50 above.
  ["hit, miss, hit of two objects", 2, [1, 0, 1], (51 + 50 * (2 / 3)) / 101],
  // Precision 1/2 at recall 1/4, then 2/3 at 1/2: the better one serves the lower recalls too.
  ["a false alarm first", 4, [0, 1, 1], (51 * (2 / 3)) / 101],
  ["one of four found", 4, [1], 26 / 101],
  ["false alarms after the last hit cost nothing", 1, [1, 0, 0, 0], 1],
];
for (const [name, objects, hits, expected] of curves) {
  test(`average precision: ${name}`, () =>
    close(averagePrecision(outcome(objects, hits)), expected));
}

test("a class without objects has no average precision, and the mean passes it over", () => {
  const without = outcome(0, [0]);
  assert.equal(averagePrecision(without), undefined);
  close(meanAveragePrecision([outcome(1, [1]), without, outcome(1, [])]), 0.5);
  assert.equal(meanAveragePrecision([without]), undefined);
});

test("recall and precision at a score are worked out by hand", () => {
  // Scores 1, 0.99, 0.98, 0.97 and 1, 0.99.
  const matchings = [outcome(4, [1, 0, 1, 1]), outcome(2, [1, 0])];
  const all = countDetections(matchings);
  assert.deepEqual(all, { truePositives: 4, falsePositives: 2, falseNegatives: 2 });
  assert.deepEqual([recall(all), precision(all)], [4 / 6, 4 / 6]);
  const few = countDetections(matchings, 0.99);
  assert.deepEqual(few, { truePositives: 2, falsePositives: 2, falseNegatives: 4 });
  const none = countDetections([]);
  assert.deepEqual([recall(none), precision(none)], [undefined, undefined]);
});

test("average precision is a mean over levels: more recall never lowers it, a false alarm never raises it", () => {
  const hits = fc.array(fc.nat(1), { maxLength: 30 });
  fc.assert(
    fc.property(hits, fc.nat(30), (curve, at) => {
      const objects = 31;
      const base = averagePrecision(outcome(objects, curve))!;
      assert.ok(base >= 0 && base <= 1);
      assert.ok(averagePrecision(outcome(objects, [...curve, 1]))! >= base);
      assert.ok(averagePrecision(outcome(objects, curve.toSpliced(at, 0, 0)))! <= base + 1e-12);
    }),
    { seed: 20140506, numRuns: 300 },
  );
});
