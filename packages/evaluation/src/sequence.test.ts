import assert from "node:assert/strict";
import { test } from "node:test";
import { alignSequence } from "./sequence.ts";
import { boxesAt, truthAt } from "./timeline.ts";

test("identities get dense indices in the order in which they appear", () => {
  const sequence = alignSequence(truthAt({ 70: [-1, 0], 5: [9, 9] }), boxesAt({ 33: [0, 0] }));
  assert.deepEqual(
    sequence.frames.map(({ objects, tracks }) => [objects, tracks]),
    [
      [[0], [0]],
      [[0, 1], [0]],
    ],
  );
  assert.deepEqual([sequence.objectCount, sequence.trackCount], [2, 1]);
  assert.deepEqual([...sequence.frames[1]!.overlaps], [1 / 19, 1]);
});

test("frames come in order of their numbers, also those of one side only", () => {
  const sequence = alignSequence(
    truthAt({ 1: [-1, -1, 0] }),
    boxesAt({ 9: [0, -1, 0] }).toReversed(),
  );
  assert.deepEqual(
    sequence.frames.map(({ objects, tracks }) => [objects.length, tracks.length]),
    [
      [0, 1],
      [1, 1],
    ],
  );
});

test("a prediction on an ignored object is neither right nor wrong", () => {
  const ignored = truthAt({ 1: [0, 0, 0] }, "ignored");
  // 2 apart: 2/3; 4 apart: 3/7, not enough.
  const sequence = alignSequence(ignored, boxesAt({ 9: [0, 2, 4] }));
  assert.deepEqual(
    sequence.frames.map(({ objects, tracks }) => [objects.length, tracks.length]),
    [
      [0, 0],
      [0, 0],
      [0, 1],
    ],
  );
});

test("a prediction that fits a scored and an ignored object goes where the overlaps sum up most", () => {
  const truth = [...truthAt({ 1: [0, 0, 2] }), ...truthAt({ 2: [1, 1, 0] }, "ignored")];
  const sequence = alignSequence(truth, boxesAt({ 8: [0, 0, 0], 9: [-1, 2, -1] }));
  assert.deepEqual(
    sequence.frames.map(({ tracks }) => tracks),
    // Frame 1: nearer to the scored one. 2: 9 takes the ignored one. 3: nearer to the ignored one.
    [[0], [0], []],
  );
});

test("an ignored object excuses one prediction per frame, a bystander none", () => {
  const excused = alignSequence(truthAt({ 1: [0] }, "ignored"), boxesAt({ 8: [0], 9: [1] }));
  assert.equal(excused.frames[0]!.tracks.length, 1);
  const blamed = alignSequence(truthAt({ 1: [0] }, "bystander"), boxesAt({ 8: [0] }));
  assert.deepEqual([blamed.frames[0]!.tracks.length, blamed.objectCount], [1, 0]);
});

test("an id that is twice in a frame is refused", () => {
  const twice = boxesAt({ 4: [0] }).concat(boxesAt({ 4: [30] }));
  assert.throws(() => alignSequence([], twice), /predictions: id 4 is twice in frame 1/);
  assert.throws(
    () => alignSequence([...truthAt({ 4: [0] }), ...truthAt({ 4: [30] })], []),
    RangeError,
  );
});
