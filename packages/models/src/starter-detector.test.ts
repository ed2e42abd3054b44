import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { createScene } from "@framequeue/synth";
import { createDetector } from "./detector.ts";
import { objectManifest } from "./manifest/manifest.ts";
import { loadModelPackage } from "./package/package.ts";
import { naiveYolox } from "./testing/naive-yolox.ts";

const folder = join(import.meta.dirname, "../../../models/starter-detector");

test("the starter detector equals a direct run of its file on the same frames", async () => {
  const model = await loadModelPackage(folder);
  // The source is twice the frame, and the frame has padding below it in the model's input.
  const size = { width: 640, height: 360 };
  const source = { width: 1280, height: 720 };
  const scene = createScene({ seed: 2_000_001, seconds: 4, layout: "gbrp", ...size });
  const numbers = [0, 25, 50, 75, 99];
  const frameLength = 3 * size.width * size.height;
  const data = new SharedArrayBuffer(numbers.length * frameLength);
  for (const [i, frame] of numbers.entries()) {
    scene.render(frame, new Uint8Array(data, i * frameLength, frameLength));
  }
  await using detector = await createDetector(model, { workers: 2, threadsPerWorker: 1 });
  assert.deepEqual(detector.frameSize(source), size);
  const found = await detector.detect(
    { data, byteOffset: 0, ...size, layout: "gbrp", frames: numbers.length },
    { from: 0, to: numbers.length },
    source,
  );
  const { score, iou } = objectManifest(model.manifest).thresholds;
  const { width, height } = model.manifest.input;
  const contract = {
    model: model.file,
    width,
    height,
    planes: [2, 0, 1],
    minScore: score,
    iou: iou!,
  } as const;
  let compared = 0;
  for (const [i, { boxes, scores, classIds }] of found.entries()) {
    const pixels = new Uint8Array(data, i * frameLength, frameLength);
    const expected = await naiveYolox(contract, pixels, size, source);
    assert.deepEqual(
      [...classIds],
      expected.map(({ classId }) => classId),
    );
    for (const [k, one] of expected.entries()) {
      assert.ok(Math.abs(scores[k]! - one.score) < 1e-4);
      for (const [side, value] of one.box.entries()) {
        assert.ok(Math.abs(boxes[4 * k + side]! - value) < 0.01);
      }
      compared++;
    }
  }
  assert.ok(compared > 20, `${compared} detections were compared`);
});
