import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { decodeMask, maskArea, runsFromText } from "@framequeue/vision";
import type { Tensor } from "onnxruntime-node";
import { createDetector } from "../detector.ts";
import type { InstanceManifest } from "../manifest/manifest.ts";
import type { InstanceOutput } from "../manifest/manifest-output.ts";
import { loadModelPackage } from "../package/package.ts";
import { blobFrames } from "../testing/blob-frames.ts";
import { directTensor, openDirect, RGB } from "../testing/direct-run.ts";
import type { FixedOutput } from "../testing/fixed-model.ts";
import { fixedModel, randomNumbers } from "../testing/fixed-model.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { testManifest } from "../testing/test-manifest.ts";

const INPUT = { name: "images", width: 64, height: 48 };
/** Twice the input, and letterboxed: 64x40 with four rows above and below. */
const SOURCE = { width: 160, height: 100 };
const SCALE = 0.4;
const PAD = 4;
const A = 12;
const M = 4;

const random = randomNumbers(20_190_404);
const between = (from: number, to: number): number => from + random() * (to - from);
const many = (count: number, value: () => number): number[] => Array.from({ length: count }, value);
/** Boxes far apart, so that suppression takes none. */
const centres = many(A, () => 0).map((_, i) => [
  8 + 16 * (i % 4),
  12 + 12 * Math.floor(i / 4),
  between(6, 14),
  between(6, 11),
]);
const rows = centres.map((box, i) => [
  ...box,
  0.95 - i / 20,
  ...[0.1, 0.9 - i / 30],
  ...many(M, () => between(-2, 2)),
]);
const prototypes: FixedOutput = {
  ...{ name: "output1", shape: [M, 12, 16], varies: true },
  data: Float32Array.from(many(M * 12 * 16, () => between(-1, 1))),
};

interface Family {
  readonly name: string;
  readonly outputs: readonly FixedOutput[];
  readonly output: InstanceOutput;
  /** Whether a pixel of the source is in the mask of the detection at a place of the outputs. */
  readonly inside: (outputs: Numbers, place: number, x: number, y: number) => boolean;
  /** Corners in input pixels. */
  readonly box: (outputs: Numbers, place: number) => readonly number[];
}
type Numbers = Readonly<Record<string, Float32Array>>;

/** Interpolation between the centres of the pixels of a plane. */
function interpolate(value: (column: number, row: number) => number, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  let sum = 0;
  for (const [column, row] of [
    [left, top],
    [left + 1, top],
    [left, top + 1],
    [left + 1, top + 1],
  ] as const) {
    sum += (1 - Math.abs(x - column)) * (1 - Math.abs(y - row)) * value(column, row);
  }
  return sum;
}

function ofPrototypes(coefficients: (outputs: Numbers, place: number) => number[]) {
  return (outputs: Numbers, place: number, x: number, y: number): boolean => {
    const weights = coefficients(outputs, place);
    const logit = (column: number, row: number): number => {
      const [c, r] = [Math.max(0, Math.min(15, column)), Math.max(0, Math.min(11, row))];
      return weights.reduce(
        (sum, weight, m) => sum + weight * outputs["output1"]![(m * 12 + r) * 16 + c]!,
        0,
      );
    };
    const [inputX, inputY] = [(x + 0.5) * SCALE, (y + 0.5) * SCALE + PAD];
    return 1 / (1 + Math.exp(-interpolate(logit, inputX / 4 - 0.5, inputY / 4 - 0.5))) > 0.5;
  };
}
const corners = ([cx, cy, w, h]: readonly number[]): number[] => [
  cx! - w! / 2,
  cy! - h! / 2,
  cx! + w! / 2,
  cy! + h! / 2,
];

const found = centres.map(corners);
const families: Family[] = [
  {
    name: "YOLOv8's columns with prototypes",
    outputs: [
      {
        ...{ name: "output0", shape: [6 + M, A] },
        data: Float32Array.from({ length: (6 + M) * A }, (_, i) => {
          const [channel, place] = [Math.floor(i / A), i % A];
          return rows[place]![channel < 4 ? channel : channel + 1]!;
        }),
      },
      prototypes,
    ],
    output: { decoder: "yolov8", names: ["output0", "output1"] },
    inside: ofPrototypes(({ output0 }, place) =>
      many(M, () => 0).map((_, m) => output0![(6 + m) * A + place]!),
    ),
    box: ({ output0 }, place) => corners([0, 1, 2, 3].map((c) => output0![c * A + place]!)),
  },
  {
    name: "YOLOv5's rows with prototypes",
    outputs: [
      { name: "output0", shape: [A, 7 + M], data: Float32Array.from(rows.flat()) },
      prototypes,
    ],
    output: { decoder: "yolov5", names: ["output0", "output1"] },
    inside: ofPrototypes(({ output0 }, place) => [
      ...output0!.subarray(place * (7 + M) + 7, (place + 1) * (7 + M)),
    ]),
    box: ({ output0 }, place) =>
      corners([...output0!.subarray(place * (7 + M), place * (7 + M) + 4)]),
  },
  {
    name: "Mask R-CNN's masks over boxes",
    outputs: [
      { name: "boxes", shape: [A, 4], data: Float32Array.from(found.flat()) },
      { name: "scores", shape: [A], data: Float32Array.from(rows, (row) => row[4]!) },
      { name: "labels", shape: [A], data: new Float32Array(A).fill(2), type: "int64" },
      { name: "masks", shape: [A, 7, 7], data: Float32Array.from(many(A * 49, random)) },
    ],
    output: {
      decoder: "selected",
      names: ["boxes", "scores", "labels", "masks"],
      boxes: { format: "xyxy", space: "input" },
      firstLabel: 1,
    },
    inside({ boxes, masks }, place, x, y) {
      const [x1, y1, x2, y2] = boxes!.subarray(4 * place, 4 * place + 4);
      const [inputX, inputY] = [(x + 0.5) * SCALE, (y + 0.5) * SCALE + PAD];
      const probability = (column: number, row: number): number =>
        column < 0 || row < 0 || column > 6 || row > 6
          ? 0
          : masks![(place * 7 + row) * 7 + column]!;
      const [column, row] = [
        ((inputX - x1!) / (x2! - x1!)) * 7 - 0.5,
        ((inputY - y1!) / (y2! - y1!)) * 7 - 0.5,
      ];
      return interpolate(probability, column, row) >= 0.5;
    },
    box: ({ boxes }, place) => [...boxes!.subarray(4 * place, 4 * place + 4)],
  },
];

for (const { name, outputs, output, inside, box } of families) {
  test(`masks equal their authors' definition: ${name}`, async () => {
    await using folder = await temporaryFolder();
    const bytes = fixedModel(INPUT, outputs);
    await writeFile(join(folder.path, "model.onnx"), bytes);
    const base = testManifest(bytes);
    const manifest: InstanceManifest = {
      ...base,
      task: "instance-segmentation",
      input: { ...base.input, ...INPUT, placement: "center" },
      output,
      labels: ["dog", "person"],
      thresholds: { score: 0.3, iou: 0.45, mask: 0.5 },
    };
    await writeFile(join(folder.path, "manifest.json"), JSON.stringify(manifest));
    const model = await loadModelPackage(folder.path);
    await using direct = await openDirect(bytes);
    await using detector = await createDetector(model, {
      ...{ workers: 1, threadsPerWorker: 1, tensorBatch: 2 },
    });
    const size = detector.frameSize(SOURCE);
    const blob = { classId: 0, x: 2, y: 2, width: 50, height: 30 } as const;
    const frames = blobFrames(size, [[blob], [], [blob]]);
    const answers = await detector.detect(frames, { from: 0, to: 3 }, SOURCE);
    let pixels = 0;
    let off = 0;
    for (const [i, { boxes, classIds, seen }] of answers.entries()) {
      const padded = new Uint8Array(3 * 64 * 48).fill(114);
      for (let plane = 0; plane < 3; plane++) {
        padded.set(
          new Uint8Array(frames.data, (3 * i + plane) * 64 * 40, 64 * 40),
          plane * 64 * 48 + 64 * PAD,
        );
      }
      const input = {
        ...INPUT,
        layout: "nchw",
        planes: RGB,
        value: (byte: number) => byte,
      } as const;
      const given = await direct.run({ images: directTensor(input, padded) });
      const numbers = Object.fromEntries(
        Object.entries(given).map(([key, { data }]: [string, Tensor]) => [
          key,
          Float32Array.from(data as Float32Array | BigInt64Array, Number),
        ]),
      );
      assert.ok(classIds.length >= 8);
      assert.ok(classIds.every((classId) => classId === 1));
      for (const [place, mask] of seen.masks!.map(({ counts }) => runsFromText(counts)).entries()) {
        // scores fall with the place, so the order is that of the outputs
        const [x1, y1, x2, y2] = box(numbers, place).map((value, k) =>
          k % 2 === 0 ? value / SCALE : (value - PAD) / SCALE,
        ) as [number, number, number, number];
        const clipped = [Math.max(0, x1), Math.max(0, y1), Math.min(160, x2), Math.min(100, y2)];
        clipped.forEach((value, k) => assert.ok(Math.abs(boxes[4 * place + k]! - value) < 0.01));
        pixels += maskArea(mask);
        decodeMask(mask, 160, 100).forEach((pixel, at) => {
          const [x, y] = [at % 160, Math.floor(at / 160)];
          // prototypes are cut at the box; masks over boxes end there by themselves
          const inBox = output.decoder === "selected" || (x >= x1 && x < x2 && y >= y1 && y < y2);
          if (pixel !== (inBox && inside(numbers, place, x, y) ? 1 : 0)) off++;
        });
      }
    }
    assert.ok(pixels > 2000, `${pixels} pixels are inside`);
    // a value may fall on the threshold within the last bit
    assert.ok(off <= 3, `${off} pixels differ`);
  });
}
