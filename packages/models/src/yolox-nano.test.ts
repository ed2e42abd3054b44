import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import type { Size } from "@framequeue/vision";
import { CATALOGUE } from "./catalogue.ts";
import { createDetector } from "./detector.ts";
import type { PlanarFrames } from "./planar-frames.ts";
import { objectManifest } from "./manifest.ts";
import { loadModelPackage } from "./package.ts";
import { naiveYolox } from "./testing/naive-yolox.ts";

const data = join(import.meta.dirname, "../../../../shared/data");
const model = join(data, "models/yolox_nano.onnx");
const contract = {
  model,
  width: 416,
  height: 416,
  planes: [1, 0, 2],
  minScore: 0.4,
  iou: 0.45,
} as const;
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
        const wanted = await naiveYolox(
          contract,
          pixels.subarray(i * length, (i + 1) * length),
          size,
          source,
        );
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
    assert.deepEqual(objectManifest(manifest)[key], objectManifest(entry.manifest)[key]);
  }
});
