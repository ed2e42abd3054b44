import assert from "node:assert/strict";
import { test } from "node:test";
import { countTracking, countTrackingByClass, trackingScores } from "./evaluate.ts";
import { boxesAt, truthAt } from "./timeline.ts";

test("scores over several sequences come from the added counts", () => {
  const long = countTracking(truthAt({ 1: [0, 0, 0, 0] }), boxesAt({ 9: [0, 0, 0, 0] }));
  const short = countTracking(truthAt({ 1: [0] }), boxesAt({ 9: [50] }));
  const scores = trackingScores(long, short);
  assert.deepEqual([scores.mota, scores.idf1, scores.motp], [3 / 5, 8 / 10, 1]);
  assert.deepEqual([scores.mostlyTracked, scores.mostlyLost], [1, 1]);
  assert.equal(trackingScores().mota, 0);
});

test("classes are scored apart, and an ignored object excuses any class", () => {
  const ofClass = <B>(classId: number, boxes: readonly B[]) =>
    boxes.map((box) => ({ ...box, classId }));
  const truth = [
    ...ofClass(0, truthAt({ 1: [0, 0] })),
    ...ofClass(2, truthAt({ 2: [50, 50] })),
    ...ofClass(1, truthAt({ 3: [90, 90] }, "ignored")),
  ];
  const predictions = [
    ...ofClass(0, boxesAt({ 7: [0, 50] })),
    ...ofClass(2, boxesAt({ 8: [50, 90] })),
    ...ofClass(5, boxesAt({ 9: [70, 70] })),
  ];
  const counts = countTrackingByClass(truth, predictions);
  assert.deepEqual([...counts.keys()], [0, 2]);
  const figures = [...counts.values()].map((count) => [
    count.truePositives,
    count.falsePositives,
    count.falseNegatives,
  ]);
  assert.deepEqual(figures, [
    [1, 1, 1],
    [1, 0, 1],
  ]);
});
