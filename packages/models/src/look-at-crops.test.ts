import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { GraphBuilder } from "@framequeue/graphs";
import type { ModelManifest } from "./manifest/manifest.ts";
import { loadModelPackage } from "./package/package.ts";
import { createEmbedder } from "./picture-model.ts";
import { blobFrames } from "./testing/blob-frames.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";
import { testManifest } from "./testing/test-manifest.ts";

const source = { width: 200, height: 100 };

test("crops of several frames are embedded, each by its own pixels", async () => {
  await using folder = await temporaryFolder();
  const bytes = meanColour();
  await writeFile(join(folder.path, "model.onnx"), bytes);
  const { input, labels: _labels, thresholds: _thresholds, ...about } = testManifest(bytes);
  const manifest: ModelManifest = {
    ...about,
    task: "embedding",
    input: { ...input, width: 8, height: 16, channels: "rgb", fit: "stretch" },
    output: { names: ["vector"], dimensions: 3 },
  };
  await writeFile(join(folder.path, "manifest.json"), JSON.stringify(manifest));
  const options = { workers: 1, threadsPerWorker: 1, tensorBatch: 2 };
  await using embedder = await createEmbedder(await loadModelPackage(folder.path), options);
  // frames of half the source's size
  const frame = { width: 100, height: 50 };
  const frames = blobFrames(frame, [
    [
      { classId: 0, x: 10, y: 10, width: 20, height: 20 },
      { classId: 1, x: 60, y: 20, width: 10, height: 30 },
    ],
    [{ classId: 2, x: 80, y: 0, width: 20, height: 50 }],
  ]);
  const found = await embedder.lookAtCrops(
    frames,
    [
      { frame: 0, box: [20, 20, 60, 60] },
      { frame: 0, box: [120, 40, 140, 100] },
      { frame: 1, box: [160, -10, 260, 140] },
      { frame: 1, box: [0, 0, 100, 100] },
    ],
    source,
  );
  // a blob is 230 in its own channel and 30 in the others; the background 30 in all
  const unit = (...values: number[]): number[] =>
    values.map((value) => value / Math.hypot(...values));
  const wanted = [unit(230, 30, 30), unit(30, 230, 30), unit(30, 30, 230), unit(1, 1, 1)];
  found.forEach((vector, i) =>
    vector.forEach((value, k) => assert.ok(Math.abs(value - wanted[i]![k]!) < 1e-6, `crop ${i}`)),
  );
  assert.equal(found.length, 4);
  const outside = [{ frame: 2, box: [0, 0, 1, 1] as const }];
  await assert.rejects(embedder.lookAtCrops(frames, outside, source), RangeError);
});

/** The mean red, green and blue of a picture: what it looks like. */
function meanColour(): Uint8Array {
  const graph = new GraphBuilder({ name: "colour" });
  const images = graph.input("images", "float32", ["N", 3, 16, 8]);
  const mean = graph.node("ReduceMean", [images], { axes: [2, 3], keepdims: 0 }, "vector");
  graph.output(mean, "float32", ["N", 3]);
  return graph.toBytes();
}
