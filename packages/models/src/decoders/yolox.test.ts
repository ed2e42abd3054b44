import assert from "node:assert/strict";
import { test } from "node:test";
import { letterbox } from "@framequeue/vision";
import { Tensor } from "onnxruntime-node";
import { DetectionDecoder } from "./detection-decoder.ts";
import { testManifest } from "../testing/test-manifest.ts";

const input = { width: 64, height: 32 };
const CLASSES = 3;
const ROW = 5 + CLASSES;
/** Cells: 8 x 4, 4 x 2, 2 x 1. */
const FIRST = { 8: 0, 16: 32, 32: 40 } as const;
const ANCHORS = 42;

interface Cell {
  readonly stride: 8 | 16 | 32;
  readonly column: number;
  readonly row: number;
  /** cx, cy, log width, log height, objectness, classes. */
  readonly values: readonly number[];
}

function decode(
  cells: readonly Cell[],
  source = { width: 128, height: 64 },
): { box: number[]; score: number; classId: number }[] {
  const rows = new Float32Array(ANCHORS * ROW);
  for (const { stride, column, row, values } of cells) {
    rows.set(values, (FIRST[stride] + row * (input.width / stride) + column) * ROW);
  }
  const base = testManifest(new Uint8Array());
  const decoder = new DetectionDecoder({
    ...base,
    input: { ...base.input, ...input },
    thresholds: { score: 0.4, iou: 0.45 },
  });
  const output = new Tensor("float32", rows, [1, ANCHORS, ROW]);
  decoder.add([output], [{ plan: letterbox(source, input), minScore: 0.4 }]);
  const found = decoder.take();
  return Array.from(found.scores, (score, i) => ({
    box: [...found.boxes.subarray(4 * i, 4 * i + 4)],
    score: Math.round(score * 1e4) / 1e4,
    classId: found.classIds[i]!,
  }));
}

test("a box is its cell plus offset, in strides, and comes in source pixels", () => {
  // centre (3 + 0.5, 1 + 0.25) * 8 = (28, 10), size 16 x 8, source twice as large
  const values = [0.5, 0.25, Math.log(2), 0, 0.9, 0.1, 0.8, 0.2];
  assert.deepEqual(decode([{ stride: 8, column: 3, row: 1, values }]), [
    { box: [40, 12, 72, 28], score: 0.72, classId: 1 },
  ]);
});

test("the strides follow one another, each row by row", () => {
  const values = [0.5, 0.5, 0, 0, 1, 0, 0, 1];
  const found = decode([
    { stride: 8, column: 7, row: 3, values },
    { stride: 16, column: 0, row: 0, values: values.with(4, 0.9) },
    { stride: 32, column: 1, row: 0, values: values.with(4, 0.8) },
  ]);
  assert.deepEqual(
    found.map(({ box }) => box),
    [
      [112, 48, 128, 64],
      [0, 0, 32, 32],
      [64, 0, 128, 64],
    ],
  );
});

test("objectness times the best class must reach the score", () => {
  const at = (objectness: number, best: number): number =>
    decode([{ stride: 32, column: 0, row: 0, values: [0.5, 0.5, 0, 0, objectness, 0, best, 0] }])
      .length;
  assert.equal(at(0.5, 0.8125), 1);
  assert.equal(at(0.5, 0.75), 0);
  assert.equal(at(0.25, 1), 0);
  assert.equal(at(Number.NaN, 1), 0);
  assert.equal(at(1, Number.NaN), 0);
});

test("the weaker of two overlapping boxes goes, but not that of another class", () => {
  const values = [0.5, 0.5, 0, 0, 0.9, 1, 0, 0];
  const found = decode([
    { stride: 16, column: 1, row: 0, values },
    { stride: 16, column: 2, row: 0, values: [-0.5, 0.5, 0, 0, 0.8, 1, 0, 0] },
    { stride: 16, column: 3, row: 0, values: [-1.5, 0.5, 0, 0, 0.7, 0, 1, 0] },
  ]);
  assert.deepEqual(
    found.map(({ score, classId }) => [score, classId]),
    [
      [0.9, 0],
      [0.7, 1],
    ],
  );
});

test("boxes are clipped to the source, and those wholly in the padding dropped", () => {
  // a portrait source of 16 x 32 fills the left 16 of 64 pixels
  const values = [0.5, 0.5, Math.log(2), Math.log(2), 1, 1, 0, 0];
  const source = { width: 16, height: 32 };
  assert.deepEqual(
    decode(
      [
        { stride: 16, column: 0, row: 0, values },
        { stride: 16, column: 3, row: 0, values },
      ],
      source,
    ).map(({ box }) => box),
    [[0, 0, 16, 24]],
  );
});
