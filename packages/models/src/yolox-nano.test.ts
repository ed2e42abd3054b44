import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import type { Size } from "@framequeue/vision";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { CATALOGUE } from "./catalogue.ts";
import { createDetector } from "./detector.ts";
import type { PlanarFrames } from "./detector.ts";
import { loadModelPackage } from "./package.ts";

const data = join(import.meta.dirname, "../../../../shared/data");
const model = join(data, "models/yolox_nano.onnx");
const skip = existsSync(model) ? false : "shared/data is not here: no yolox_nano.onnx";

/** Frames of a video, scaled as the detector wants them, from the given one on. */
async function decode(video: string, first: number, frames: number, size: Size): Promise<Buffer> {
  const { stdout } = await promisify(execFile)(
    "ffmpeg",
    [
      ...["-v", "error", "-i", join(data, "videos", video)],
      ...["-vf", `select=gte(n\\,${first}),scale=${size.width}:${size.height}:flags=bilinear`],
      ...["-fps_mode", "passthrough", "-frames:v", String(frames)],
      ...["-f", "rawvideo", "-pix_fmt", "gbrp", "pipe:1"],
    ],
    { encoding: "buffer", maxBuffer: 1e9 },
  );
  return stdout;
}

function shared(pixels: Buffer, size: Size): PlanarFrames {
  const buffer = new SharedArrayBuffer(pixels.length);
  new Uint8Array(buffer).set(pixels);
  const frames = pixels.length / (3 * size.width * size.height);
  return { data: buffer, byteOffset: 0, ...size, layout: "gbrp", frames };
}

interface Found {
  readonly box: readonly [number, number, number, number];
  readonly score: number;
  readonly classId: number;
}

/** The contract of YOLOX-Nano written down a second time, as plainly as possible, for one top-left letterboxed frame. */
async function reference(pixels: Buffer, size: Size, source: Size): Promise<Found[]> {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1 });
  const input = new Float32Array(3 * 416 * 416);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < 416; y++) {
      for (let x = 0; x < 416; x++) {
        // planes come as green, blue, red and go in as blue, green, red
        const plane = [1, 0, 2][c]!;
        const inside = y < size.height && x < size.width;
        input[(c * 416 + y) * 416 + x] = inside
          ? pixels[(plane * size.height + y) * size.width + x]!
          : 114;
      }
    }
  }
  const { output } = await session.run({ images: new Tensor("float32", input, [1, 3, 416, 416]) });
  const rows = output!.data as Float32Array;
  await session.release();
  const ratio = Math.min(416 / source.width, 416 / source.height);
  const all: Found[] = [];
  let row = 0;
  for (const stride of [8, 16, 32]) {
    for (let gy = 0; gy < 416 / stride; gy++) {
      for (let gx = 0; gx < 416 / stride; gx++) {
        const v = rows.subarray(row * 85, (row + 1) * 85);
        row++;
        const [cx, cy] = [(v[0]! + gx) * stride, (v[1]! + gy) * stride];
        const [w, h] = [Math.exp(v[2]!) * stride, Math.exp(v[3]!) * stride];
        const classes = [...v.subarray(5)];
        const best = Math.max(...classes);
        const score = v[4]! * best;
        if (score < 0.4) continue;
        const box = [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2] as const;
        all.push({ box, score, classId: classes.indexOf(best) });
      }
    }
  }
  all.sort((a, b) => b.score - a.score);
  const kept: Found[] = [];
  for (const one of all) {
    const rival = kept.some((k) => k.classId === one.classId && overlap(k.box, one.box) > 0.45);
    if (!rival) kept.push(one);
  }
  const clip = (value: number, limit: number): number => Math.max(0, Math.min(limit, value));
  return kept.map(({ box, score, classId }) => ({
    box: [
      clip(box[0] / ratio, source.width),
      clip(box[1] / ratio, source.height),
      clip(box[2] / ratio, source.width),
      clip(box[3] / ratio, source.height),
    ],
    score,
    classId,
  }));
}

function overlap(a: Found["box"], b: Found["box"]): number {
  const width = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const height = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const area = (box: Found["box"]): number => (box[2] - box[0]) * (box[3] - box[1]);
  return (width * height) / (area(a) + area(b) - width * height);
}

const videos: [string, number, Record<string, number>][] = [
  ["cars_highway.mp4", 20, { car: 2 }],
  ["marathon_crowd.mkv", 0, { person: 10, bicycle: 1 }],
];
for (const [video, first, expected] of videos) {
  test(
    `YOLOX-Nano on ${video} equals the contract written down a second time`,
    { skip },
    async () => {
      const source = await sizeOf(video);
      const options = { workers: 2, threadsPerWorker: 1 };
      await using detector = await createDetector(await loadModelPackage(model), options);
      const size = detector.frameSize(source);
      const pixels = await decode(video, first, 3, size);
      const found = await detector.detect(shared(pixels, size), { from: 0, to: 3 }, source);
      assert.equal(found.length, 3);
      for (const [i, frame] of found.entries()) {
        const length = 3 * size.width * size.height;
        const wanted = await reference(pixels.subarray(i * length, (i + 1) * length), size, source);
        assert.deepEqual(
          [...frame.classIds],
          wanted.map(({ classId }) => classId),
        );
        wanted.forEach(({ box, score }, j) => {
          assert.ok(Math.abs(frame.scores[j]! - score) < 1e-4);
          box.forEach((value, k) => {
            const difference = Math.abs(frame.boxes[4 * j + k]! - value);
            assert.ok(difference < 0.01, `box ${j} of frame ${i} is off by ${difference}`);
          });
        });
      }
      const counts: Record<string, number> = {};
      for (const classId of found[0]!.classIds) {
        const label = detector.labels[classId]!;
        counts[label] = (counts[label] ?? 0) + 1;
      }
      assert.deepEqual(counts, expected);
    },
  );
}

async function sizeOf(video: string): Promise<Size> {
  const { stdout } = await promisify(execFile)("ffprobe", [
    ...["-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height"],
    ...["-of", "csv=p=0", join(data, "videos", video)],
  ]);
  const [width, height] = stdout.trim().split(",").map(Number);
  return { width: width!, height: height! };
}

test("the bare file is recognized as what the catalogue says", { skip }, async () => {
  const { manifest } = await loadModelPackage(model);
  const entry = CATALOGUE.find(({ name }) => name === "yolox-nano")!;
  assert.equal(manifest.sha256, entry.sha256);
  for (const key of ["input", "output", "labels", "thresholds"] as const) {
    assert.deepEqual(manifest[key], entry.manifest[key]);
  }
});
