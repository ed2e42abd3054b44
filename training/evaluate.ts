// Measures a model package on scenes it was not trained on, after an H.264 round trip.
//
//   node training/evaluate.ts --model models/starter-detector --seeds 11,12,13,14,15,16

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  type Box,
  classLabels,
  createScene,
  type Difficulty,
  h264OutputArguments,
  rawInputArguments,
} from "../packages/synth/src/index.ts";
import {
  averagePrecision,
  type Detection,
  iou,
  matchClass,
  type Truth,
} from "./average-precision.ts";
import { runFfmpeg } from "./run-ffmpeg.ts";

/** The part of onnxruntime-node that is used here. */
interface Runtime {
  readonly InferenceSession: {
    create(path: string, options: { intraOpNumThreads: number }): Promise<Session>;
  };
  readonly Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => object;
}
interface Session {
  run(feeds: { images: object }): Promise<{ output: { data: Float32Array } }>;
}
// This folder is no package; the runtime belongs to the one that runs models.
const packageOfRuntime = new URL("../packages/models/package.json", import.meta.url);
const { InferenceSession, Tensor } = createRequire(packageOfRuntime)("onnxruntime-node") as Runtime;

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
const session = await InferenceSession.create(join(values.model, "model.onnx"), {
  intraOpNumThreads: 1,
});
const every = Number(values.every);
const folder = mkdtempSync(join(tmpdir(), "evaluate-"));

try {
  for (const difficulty of values.difficulties.split(",") as Difficulty[]) {
    const detections: Detection[] = [];
    const truths: Truth[] = [];
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
  detections: Detection[],
  truths: Truth[],
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
    ...["-i", video, "-vf", `select='not(mod(n,${every}))',scale=${width}:${height}`],
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
    for (const found of decode(output.data)) {
      const box = found.box.map((value) => value * scale) as unknown as Box;
      detections.push({ ...found, box, frame: offset + i });
    }
    truths.push(...scene.groundTruth(i * every).map((truth) => ({ ...truth, frame: offset + i })));
  }
  return count;
}

/** YOLOX's raw output to boxes in input pixels, after non-maximum suppression per class. */
function decode(output: Float32Array): Omit<Detection, "frame">[] {
  const columns = 5 + classLabels.length;
  const candidates: Omit<Detection, "frame">[] = [];
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
          candidates.push({ classId, score, box: [x0, y0, x1 - x0, y1 - y0] });
        }
      }
    }
  }
  const kept: typeof candidates = [];
  for (const candidate of candidates.toSorted((a, b) => b.score - a.score)) {
    const rival = (other: typeof candidate): boolean =>
      other.classId === candidate.classId &&
      iou(other.box, candidate.box) > manifest.thresholds.iou;
    if (!kept.some(rival)) kept.push(candidate);
  }
  return kept;
}

function report(
  difficulty: Difficulty,
  frames: number,
  detections: readonly Detection[],
  truths: readonly Truth[],
): void {
  const rows = classLabels.map((label, classId) => {
    const matching = matchClass(detections, truths, classId, 0.5);
    const strict = matchClass(detections, truths, classId, 0.75);
    const row: Record<string, string | number> = {
      difficulty,
      label,
      objects: matching.objects,
      AP50: averagePrecision(matching).toFixed(3),
      AP75: averagePrecision(strict).toFixed(3),
    };
    for (const threshold of new Set([manifest.thresholds.score, 0.3, 0.6])) {
      const hits = matching.overlaps.filter((_, i) => matching.scores[i]! >= threshold);
      const found = hits.filter((overlap) => overlap > 0);
      row[`P@${threshold}`] = (found.length / hits.length).toFixed(3);
      row[`R@${threshold}`] = (found.length / matching.objects).toFixed(3);
      row[`FP/frame@${threshold}`] = ((hits.length - found.length) / frames).toFixed(3);
      row["mean IoU"] ??= (found.reduce((a, b) => a + b, 0) / found.length).toFixed(3);
    }
    return row;
  });
  console.table(rows);
  const mean = rows.reduce((sum, row) => sum + Number(row["AP50"]), 0) / rows.length;
  console.log(`${difficulty}: mean AP50 ${mean.toFixed(3)} over ${frames} frames`);
}
