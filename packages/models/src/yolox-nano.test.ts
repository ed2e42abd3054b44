import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { CATALOGUE } from "./package/catalogue.ts";
import { createDetector } from "./detector.ts";
import { objectManifest } from "./manifest/manifest.ts";
import { loadModelPackage } from "./package/package.ts";
import { assertEqualDetections } from "./testing/naive-detection.ts";
import { naiveYolox } from "./testing/naive-yolox.ts";
import {
  frameBytesOf,
  lacks,
  sharedData,
  TEN_VIDEOS,
  videoFrames,
  videoSize,
} from "./testing/video-frames.ts";

const model = join(sharedData, "models/yolox_nano.onnx");
const skip = lacks("models/yolox_nano.onnx");
const contract = {
  model,
  width: 416,
  height: 416,
  planes: [1, 0, 2],
  minScore: 0.4,
  iou: 0.45,
} as const;
const FRAMES = 2;
/** What somebody who looks at them sees in the first frames of some. */
const SEEN: Record<string, Record<string, number>> = { "cars_highway.mp4": { car: 2 } };

for (const [video, second] of TEN_VIDEOS) {
  test(
    `YOLOX-Nano on ${video} equals the contract written down a second time`,
    { skip },
    async () => {
      const source = await videoSize(video);
      const options = { workers: 2, threadsPerWorker: 1 };
      await using detector = await createDetector(await loadModelPackage(model), options);
      const size = detector.frameSize(source);
      const frames = await videoFrames(video, second, FRAMES, size);
      const found = await detector.detect(frames, { from: 0, to: FRAMES }, source);
      assert.equal(found.length, FRAMES);
      for (const [i, detections] of found.entries()) {
        const wanted = await naiveYolox(contract, frameBytesOf(frames, i), size, source);
        assertEqualDetections(detections, wanted, `frame ${i}`);
      }
      const counts: Record<string, number> = {};
      for (const classId of found[0]!.classIds) {
        const label = detector.labels[classId]!;
        counts[label] = (counts[label] ?? 0) + 1;
      }
      if (SEEN[video] !== undefined) assert.deepEqual(counts, SEEN[video]);
    },
  );
}

test("the bare file is recognized as what the catalogue says", { skip }, async () => {
  const { manifest } = await loadModelPackage(model);
  const entry = CATALOGUE.find(({ name }) => name === "yolox-nano")!;
  assert.equal(manifest.sha256, entry.sha256);
  for (const key of ["input", "output", "labels", "thresholds"] as const) {
    assert.deepEqual(objectManifest(manifest)[key], objectManifest(entry.manifest)[key]);
  }
});
