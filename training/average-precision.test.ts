import assert from "node:assert/strict";
import { test } from "node:test";
import type { Box } from "../packages/synth/src/index.ts";
import { averagePrecision, iou, matchClass } from "./average-precision.ts";

const at = (x: number): Box => [x, 0, 10, 10];
const truth = (x: number, scored = true) => ({ frame: 0, classId: 0, scored, box: at(x) });
const detection = (x: number, score: number) => ({ frame: 0, classId: 0, score, box: at(x) });

test("IoU of two squares that share half", () => {
  assert.equal(iou(at(0), at(5)), 1 / 3);
  assert.equal(iou(at(0), at(10)), 0);
});

test("precision is worked out by hand: hit, miss, hit of two objects", () => {
  const found = [detection(0, 0.9), detection(300, 0.8), detection(100, 0.7)];
  const matching = matchClass(found, [truth(0), truth(100)], 0, 0.5);
  assert.deepEqual(matching.overlaps, [1, 0, 1]);
  // Recall 1/2 at precision 1, then 1 at 2/3.
  assert.ok(Math.abs(averagePrecision(matching) - (1 + 2 / 3) / 2) < 1e-12);
});

test("an object is found once; what lies on one that does not count is left out", () => {
  const found = [detection(0, 0.9), detection(1, 0.8), detection(200, 0.7)];
  const matching = matchClass(found, [truth(0), truth(200, false)], 0, 0.5);
  assert.deepEqual(matching.overlaps, [1, 0]);
  assert.equal(matching.objects, 1);
});

test("other classes and frames do not match", () => {
  const others = [
    { ...truth(0), classId: 1 },
    { ...truth(0), frame: 1 },
  ];
  assert.deepEqual(matchClass([detection(0, 0.9)], others, 0, 0.5).overlaps, [0]);
});
