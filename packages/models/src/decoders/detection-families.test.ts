import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { letterbox } from "@framequeue/vision";
import type { Tensor } from "onnxruntime-node";
import { createDetector } from "../detector.ts";
import type { DetectionManifest } from "../manifest/manifest.ts";
import type { DetectionOutput } from "../manifest/manifest-output.ts";
import { loadModelPackage } from "../package/package.ts";
import { blobFrames } from "../testing/blob-frames.ts";
import { openDirect } from "../testing/direct-run.ts";
import type { FixedOutput } from "../testing/fixed-model.ts";
import { fixedModel, randomNumbers } from "../testing/fixed-model.ts";
import type { Found } from "../testing/naive-detection.ts";
import { assertEqualDetections, byScore, clipped, naiveNms } from "../testing/naive-detection.ts";
import { directTensor, RGB } from "../testing/direct-run.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { testManifest } from "../testing/test-manifest.ts";

const INPUT = { name: "images", width: 128, height: 96 };
const SOURCE = { width: 640, height: 400 };
const LABELS = ["person", "dog", "car"];
const THRESHOLDS = { score: 0.3, iou: 0.45 };

/** A family: what its graph gives, how the manifest says it, and how its authors read it, in input pixels. */
interface Family {
  readonly name: string;
  readonly outputs: readonly FixedOutput[];
  readonly output: DetectionOutput;
  readonly thresholds?: DetectionManifest["thresholds"];
  readonly read: (outputs: Record<string, Float32Array>) => Found[];
}

const random = randomNumbers(20_250_611);
const between = (from: number, to: number): number => from + random() * (to - from);
/** Most scores are low, as in a real output. */
const score = (): number => random() ** 3;

function fill(length: number, value: (i: number) => number): Float32Array {
  return Float32Array.from({ length }, (_, i) => value(i));
}
/** cx, cy, width, height in input pixels. */
const centred = (): number[] => [between(0, 128), between(0, 96), between(4, 60), between(4, 50)];
const corners = (): number[] => {
  const [x, y, w, h] = centred() as [number, number, number, number];
  return [x - w / 2, y - h / 2, x + w / 2, y + h / 2];
};
const rowsOf = (count: number, row: () => number[]): Float32Array =>
  Float32Array.from(Array.from({ length: count }, row).flat());

const A = 120;
const fromCentre = ([cx, cy, w, h]: readonly number[]): Found["box"] => [
  cx! - w! / 2,
  cy! - h! / 2,
  cx! + w! / 2,
  cy! + h! / 2,
];
const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

const families: Family[] = [
  {
    name: "YOLOv5: rows of box, objectness, classes",
    outputs: [
      {
        ...{ name: "output0", shape: [A, 8], varies: true },
        data: rowsOf(A, () => [...centred(), score() ** 0.3, score(), score(), score()]),
      },
    ],
    output: { decoder: "yolov5", names: ["output0"] },
    read({ output0 }) {
      const all: Found[] = [];
      for (let i = 0; i < A; i++) {
        const row = [...output0!.subarray(8 * i, 8 * i + 8)];
        const classes = row.slice(5).map((value) => value * row[4]!);
        const best = Math.max(...classes);
        if (row[4]! < 0.3 || best < 0.3) continue;
        all.push({ box: fromCentre(row), score: best, classId: classes.indexOf(best) });
      }
      return naiveNms(all, 0.45);
    },
  },
  {
    name: "YOLOv8: columns of box and classes",
    outputs: [
      {
        ...{ name: "output0", shape: [7, A], varies: true },
        data: transposed(
          rowsOf(A, () => [...centred(), score(), score(), score()]),
          A,
          7,
        ),
      },
    ],
    output: { decoder: "yolov8", names: ["output0"] },
    thresholds: { ...THRESHOLDS, most: 5 },
    read({ output0 }) {
      const all: Found[] = [];
      for (let i = 0; i < A; i++) {
        const column = Array.from({ length: 7 }, (_, c) => output0![c * A + i]!);
        const best = Math.max(...column.slice(4));
        if (best < 0.3) continue;
        all.push({ box: fromCentre(column), score: best, classId: column.slice(4).indexOf(best) });
      }
      return naiveNms(all, 0.45).slice(0, 5);
    },
  },
  {
    name: "queries with sigmoid: RT-DETR, D-FINE, DEIM",
    outputs: [
      { name: "logits", shape: [20, 3], data: fill(60, () => between(-4, 3)), varies: true },
      { name: "boxes", shape: [20, 4], data: rowsOf(20, () => shares(centred())) },
    ],
    output: { decoder: "queries", names: ["logits", "boxes"], activation: "sigmoid" },
    thresholds: { score: 0.1 },
    read({ logits, boxes }) {
      const pairs = Array.from(logits!, (logit, i) => ({ score: sigmoid(logit), i }));
      return pairs
        .sort((a, b) => b.score - a.score)
        .slice(0, 20)
        .filter((pair) => pair.score >= 0.1)
        .map(({ score: value, i }) => {
          const query = Math.floor(i / 3);
          const box = fromCentre(pixels([...boxes!.subarray(4 * query, 4 * query + 4)]));
          return { box, score: value, classId: i % 3 };
        });
    },
  },
  {
    name: "queries with softmax: DETR",
    outputs: [
      { name: "pred_logits", shape: [30, 4], data: fill(120, () => between(-3, 3)), varies: true },
      { name: "pred_boxes", shape: [30, 4], data: rowsOf(30, () => shares(centred())) },
    ],
    output: { decoder: "queries", names: ["pred_logits", "pred_boxes"], activation: "softmax" },
    thresholds: { score: 0.5 },
    read({ pred_logits: logits, pred_boxes: boxes }) {
      const all: Found[] = [];
      for (let query = 0; query < 30; query++) {
        const powers = [...logits!.subarray(4 * query, 4 * query + 4)].map(Math.exp);
        const sum = powers.reduce((a, b) => a + b, 0);
        const best = Math.max(...powers.slice(0, 3));
        if (best / sum < 0.5) continue;
        const box = fromCentre(pixels([...boxes!.subarray(4 * query, 4 * query + 4)]));
        all.push({ box, score: best / sum, classId: powers.indexOf(best) });
      }
      return byScore(all);
    },
  },
  {
    name: "SSD: probabilities with background, boxes as shares",
    outputs: [
      { name: "scores", shape: [A, 4], data: fill(4 * A, score), varies: true },
      { name: "boxes", shape: [A, 4], data: rowsOf(A, () => shares(corners())) },
    ],
    output: {
      decoder: "ssd",
      names: ["scores", "boxes"],
      boxes: { format: "xyxy", space: "share" },
      background: true,
    },
    read({ scores, boxes }) {
      const all: Found[] = [];
      for (let classId = 0; classId < 3; classId++) {
        for (let i = 0; i < A; i++) {
          const value = scores![4 * i + 1 + classId]!;
          if (value < 0.3) continue;
          const [x1, y1, x2, y2] = pixels([...boxes!.subarray(4 * i, 4 * i + 4)]);
          all.push({ box: [x1!, y1!, x2!, y2!], score: value, classId });
        }
      }
      return naiveNms(all, 0.45);
    },
  },
  {
    name: "TensorFlow's detection models: y before x, a count, labels from 1",
    outputs: [
      {
        name: "detection_boxes",
        shape: [10, 4],
        data: rowsOf(10, () => swapped(shares(corners()))),
      },
      { name: "detection_scores", shape: [10], data: fill(10, (i) => 0.95 - i / 20), varies: true },
      { name: "detection_classes", shape: [10], data: fill(10, (i) => 1 + (i % 3)) },
      { name: "num_detections", shape: [], data: Float32Array.of(7) },
    ],
    output: {
      decoder: "selected",
      names: ["detection_boxes", "detection_scores", "detection_classes"],
      count: "num_detections",
      boxes: { format: "yxyx", space: "share" },
      firstLabel: 1,
    },
    thresholds: { score: 0.3 },
    read({ detection_boxes: boxes, detection_scores: scores, detection_classes: classes }) {
      return [0, 1, 2, 3, 4, 5, 6]
        .filter((i) => scores![i]! >= 0.3)
        .map((i) => {
          const [y1, x1, y2, x2] = boxes!.subarray(4 * i, 4 * i + 4);
          const box = [x1! * 128, y1! * 96, x2! * 128, y2! * 96] as const;
          return { box, score: scores![i]!, classId: classes![i]! - 1 };
        });
    },
  },
  {
    name: "a table of finished detections: YOLOv10 and exports with NMS",
    outputs: [
      {
        ...{ name: "output0", shape: [12, 6] },
        data: rowsOf(12, () => [...corners(), random(), Math.floor(between(0, 3))]),
      },
    ],
    output: {
      decoder: "table",
      names: ["output0"],
      columns: ["x1", "y1", "x2", "y2", "score", "class"],
      space: "input",
      firstLabel: 0,
    },
    thresholds: { score: 0.3 },
    read({ output0 }) {
      const rows = Array.from({ length: 12 }, (_, i) => [...output0!.subarray(6 * i, 6 * i + 6)]);
      const all = rows.map(([x1, y1, x2, y2, value, classId]): Found => {
        return { box: [x1!, y1!, x2!, y2!], score: value!, classId: classId! };
      });
      return byScore(all.filter((one) => one.score >= 0.3));
    },
  },
];

function transposed(rows: Float32Array, count: number, length: number): Float32Array {
  return fill(rows.length, (i) => rows[(i % count) * length + Math.floor(i / count)]!);
}
function shares([a, b, c, d]: readonly number[]): number[] {
  return [a! / 128, b! / 96, c! / 128, d! / 96];
}
function pixels([a, b, c, d]: readonly number[]): number[] {
  return [a! * 128, b! * 96, c! * 128, d! * 96];
}
function swapped([x1, y1, x2, y2]: readonly number[]): number[] {
  return [y1!, x1!, y2!, x2!];
}

for (const family of families) {
  test(`equals its authors' definition: ${family.name}`, async () => {
    await using folder = await temporaryFolder();
    const bytes = fixedModel(INPUT, family.outputs);
    await writeFile(join(folder.path, "model.onnx"), bytes);
    const base = testManifest(bytes);
    const manifest: DetectionManifest = {
      ...base,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      input: { ...base.input, ...INPUT, channels: "rgb", placement: "center" },
      output: family.output,
      labels: LABELS,
      thresholds: family.thresholds ?? THRESHOLDS,
    };
    await writeFile(join(folder.path, "manifest.json"), JSON.stringify(manifest));
    const model = await loadModelPackage(folder.path);
    await using direct = await openDirect(bytes);
    await using detector = await createDetector(model, {
      ...{ workers: 1, threadsPerWorker: 1, tensorBatch: 3 },
    });
    // 128x80, eight rows of padding above and below
    const size = detector.frameSize(SOURCE);
    const plan = letterbox(SOURCE, INPUT, "center");
    assert.deepEqual([plan.padX, plan.padY], [0, 8]);
    const blob = { classId: 0, x: 10, y: 10, width: 60, height: 60 } as const;
    const frames = blobFrames(size, [[], [blob], [blob, { ...blob, classId: 1 }], []]);
    const found = await detector.detect(frames, { from: 0, to: 4 }, SOURCE);
    let compared = 0;
    for (const [i, detections] of found.entries()) {
      const padded = new Uint8Array(3 * 128 * 96).fill(114);
      for (let plane = 0; plane < 3; plane++) {
        const content = new Uint8Array(frames.data, (3 * i + plane) * 128 * 80, 128 * 80);
        padded.set(content, plane * 128 * 96 + 8 * 128);
      }
      const input = {
        ...INPUT,
        layout: "nchw",
        planes: RGB,
        value: (byte: number) => byte,
      } as const;
      const outputs = await direct.run({ images: directTensor(input, padded) });
      const numbers = Object.fromEntries(
        Object.entries(outputs).map(([name, { data }]: [string, Tensor]) => [
          name,
          Float32Array.from(data as Float32Array),
        ]),
      );
      const inSource = family.read(numbers).map(({ box: [x1, y1, x2, y2], ...rest }): Found => {
        return { box: [x1 * 5, (y1 - 8) * 5, x2 * 5, (y2 - 8) * 5], ...rest };
      });
      const wanted = clipped(inSource, SOURCE);
      assertEqualDetections(detections, wanted, `frame ${i}`);
      compared += wanted.length;
    }
    assert.ok(compared >= 12, `${compared} detections were compared`);
  });
}
