// Measures a model package on scenes it was not trained on, after an H.264 round trip.
//
//   node training/evaluate.ts --model models/starter-detector --seeds 11,12,13,14,15,16

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  classLabels,
  createScene,
  type Difficulty,
  h264OutputArguments,
  rawInputArguments,
} from "@framequeue/synth";
import {
  type AnnotatedBox,
  averagePrecision,
  type BoxXyxy,
  countDetections,
  type DetectedBox,
  iou,
  matchDetections,
  meanAveragePrecision,
  precision,
  recall,
  xywhToXyxy,
} from "@framequeue/vision";
import { runFfmpeg } from "./run-ffmpeg.ts";

// Before the library is loaded, because it reports its use otherwise.
process.env["ORT_DISABLE_TELEMETRY"] = "1";
const { InferenceSession, Tensor } = await import("onnxruntime-node");

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "models/starter-detector" },
    seeds: { type: "string", default: "11,12,13,14,15,16" },
    difficulties: { type: "string", default: "easy,normal,hard" },
    seconds: { type: "string", default: "10" },
    every: { type: "string", default: "5" },
  },
});
const manifest = JSON.parse(readFileSync(join(values.model, "manifest.json"), "utf8")) as {
  input: { width: number; height: number };
  output: { strides: number[] };
  thresholds: { score: number; iou: number };
};
const { width, height } = manifest.input;
/** As the product fits a frame into the model's input: at the top left, grey beside it. */
const letterbox =
  `scale=${width}:${height}:force_original_aspect_ratio=decrease,` +
  `pad=${width}:${height}:0:0:color=0x727272`;
const session = await InferenceSession.create(join(values.model, "model.onnx"), {
  intraOpNumThreads: 1,
});
const every = Number(values.every);
const folder = mkdtempSync(join(tmpdir(), "evaluate-"));

try {
  for (const difficulty of values.difficulties.split(",") as Difficulty[]) {
    const detections: DetectedBox[] = [];
    const truths: AnnotatedBox[] = [];
    let frames = 0;
    for (const seed of values.seeds.split(",").map(Number)) {
      frames += await addScene(seed, difficulty, frames, detections, truths);
    }
    report(difficulty, frames, detections, truths);
  }
} finally {
  rmSync(folder, { recursive: true });
}

async function addScene(
  seed: number,
  difficulty: Difficulty,
  offset: number,
  detections: DetectedBox[],
  truths: AnnotatedBox[],
): Promise<number> {
  const scene = createScene({ seed, seconds: Number(values.seconds), difficulty });
  const video = join(folder, "scene.mp4");
  const buffer = new Uint8Array(scene.width * scene.height * 3);
  function* frames(): Generator<Uint8Array> {
    for (let frame = 0; frame < scene.frames; frame++) {
      scene.render(frame, buffer);
      yield buffer.slice();
    }
  }
  await runFfmpeg([...rawInputArguments(scene), ...h264OutputArguments(scene, video)], frames());
  const pixels = await runFfmpeg([
    ...["-i", video, "-vf", `select='not(mod(n,${every}))',${letterbox}`],
    ...["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gbrp", "pipe:1"],
  ]);
  const scale = scene.width / width;
  const plane = width * height;
  const count = pixels.length / (3 * plane);
  for (let i = 0; i < count; i++) {
    const input = new Float32Array(3 * plane);
    // gbrp to red, green, blue.
    [2, 0, 1].forEach((source, target) => {
      const start = (3 * i + source) * plane;
      input.set(pixels.subarray(start, start + plane), target * plane);
    });
    const { output } = await session.run({
      images: new Tensor("float32", input, [1, 3, height, width]),
    });
    for (const found of decode(output!.data as Float32Array)) {
      const boxXyxy = found.boxXyxy.map((value) => value * scale) as unknown as BoxXyxy;
      detections.push({ ...found, boxXyxy, frame: offset + i });
    }
    for (const { classId, box, scored } of scene.groundTruth(i * every)) {
      truths.push({ frame: offset + i, classId, boxXyxy: xywhToXyxy(box), ignored: !scored });
    }
  }
  return count;
}

/** YOLOX's raw output to boxes in input pixels, after non-maximum suppression per class. */
function decode(output: Float32Array): Omit<DetectedBox, "frame">[] {
  const columns = 5 + classLabels.length;
  const candidates: Omit<DetectedBox, "frame">[] = [];
  let row = 0;
  for (const stride of manifest.output.strides) {
    for (let gy = 0; gy < height / stride; gy++) {
      for (let gx = 0; gx < width / stride; gx++, row++) {
        const at = row * columns;
        const object = output[at + 4]!;
        for (let classId = 0; classId < classLabels.length; classId++) {
          const score = object * output[at + 5 + classId]!;
          if (score < 0.01) continue;
          const w = Math.exp(output[at + 2]!) * stride;
          const h = Math.exp(output[at + 3]!) * stride;
          const x0 = Math.max(0, (output[at]! + gx) * stride - w / 2);
          const y0 = Math.max(0, (output[at + 1]! + gy) * stride - h / 2);
          const x1 = Math.min(width, (output[at]! + gx) * stride + w / 2);
          const y1 = Math.min(height, (output[at + 1]! + gy) * stride + h / 2);
          candidates.push({ classId, score, boxXyxy: [x0, y0, x1, y1] });
        }
      }
    }
  }
  const kept: typeof candidates = [];
  for (const candidate of candidates.toSorted((a, b) => b.score - a.score)) {
    const rival = (other: typeof candidate): boolean =>
      other.classId === candidate.classId &&
      iou(other.boxXyxy, candidate.boxXyxy) > manifest.thresholds.iou;
    if (!kept.some(rival)) kept.push(candidate);
  }
  return kept;
}

function report(
  difficulty: Difficulty,
  frames: number,
  detections: readonly DetectedBox[],
  truths: readonly AnnotatedBox[],
): void {
  const matchAll = (threshold: number) =>
    classLabels.map((_, classId) => matchDetections(detections, truths, classId, threshold));
  const strict = matchAll(0.75);
  const matchings = matchAll(0.5);
  const rows = matchings.map((matching, classId) => {
    const row: Record<string, string | number> = {
      difficulty,
      label: classLabels[classId]!,
      objects: matching.objects,
      AP50: decimals(averagePrecision(matching)),
      AP75: decimals(averagePrecision(strict[classId]!)),
    };
    for (const threshold of new Set([manifest.thresholds.score, 0.3, 0.6])) {
      const counts = countDetections([matching], threshold);
      row[`P@${threshold}`] = decimals(precision(counts));
      row[`R@${threshold}`] = decimals(recall(counts));
      row[`FP/frame@${threshold}`] = decimals(counts.falsePositives / frames);
      const found = matching.overlaps.filter(
        (overlap, i) => overlap > 0 && matching.scores[i]! >= threshold,
      );
      row["mean IoU"] ??= decimals(found.reduce((a, b) => a + b, 0) / found.length);
    }
    return row;
  });
  console.table(rows);
  const mean = decimals(meanAveragePrecision(matchings));
  console.log(`${difficulty}: mean AP50 ${mean} over ${frames} frames`);
}

function decimals(value = Number.NaN): string {
  return value.toFixed(3);
}
