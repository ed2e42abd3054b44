import assert from "node:assert/strict";
import { test } from "node:test";
import type { GroundTruthBox } from "@framequeue/synth";
import { labelNames } from "@framequeue/models";
import { motTruth } from "@framequeue/evaluation";
import { parseMotText } from "@framequeue/tracking";
import { labelLines, truthLines } from "./demo-truth.ts";

const object = (id: number, more: Partial<GroundTruthBox> = {}): GroundTruthBox => ({
  id,
  classId: 0,
  label: "car",
  box: [10, 20.5, 30, 40],
  fullBox: [10, 20.5, 30, 40],
  visibility: 1,
  scored: true,
  ...more,
});

test("what counts has flag and class 1, what does not is a distractor, and column 10 says what it is", () => {
  const text = truthLines(0, [
    object(1),
    object(4, { classId: 2, label: "person", scored: false, visibility: 0.123456 }),
  ]);
  assert.equal(text, "1,1,10,20.5,30,40,1,1,1,1\n1,4,10,20.5,30,40,0,8,0.1235,3\n");
  assert.equal(labelLines(), "car\ntruck\nperson\n");
});

test("what nothing is seen of stands nowhere", () => {
  assert.equal(truthLines(3, [object(1, { visibility: 0, scored: false })]), "");
});

test("reading gives back what was written", () => {
  const text =
    truthLines(0, [object(1)]) + truthLines(1, [object(1, { classId: 1, scored: false })]);
  const { boxes } = motTruth(parseMotText(text), { labels: labelNames(labelLines()) });
  assert.deepEqual(boxes, [
    { frame: 1, id: 1, boxXywh: [10, 20.5, 30, 40], use: "scored", classId: 0 },
    { frame: 2, id: 1, boxXywh: [10, 20.5, 30, 40], use: "ignored", classId: 1 },
  ]);
});
