import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import {
  executionOptionsSchema,
  type ModelRef,
  resultHeaderSchema,
  resultOptionsSchema,
} from "@framequeue/contracts";
import { GraphBuilder } from "@framequeue/graphs";
import { loadModelPackage } from "@framequeue/models";
import { storeModel } from "@framequeue/pipeline";
import { writeClip } from "./clip.ts";
import { openSmallSite, type SmallSite } from "./small-site.ts";

/** What a crop looks like: its mean red, green and blue. */
async function storeColourModel(site: SmallSite): Promise<ModelRef> {
  const graph = new GraphBuilder({ name: "colour" });
  const images = graph.input("images", "float32", ["N", 3, 16, 16]);
  const mean = graph.node("ReduceMean", [images], { axes: [2, 3], keepdims: 0 }, "vector");
  graph.output(mean, "float32", ["N", 3]);
  const bytes = graph.toBytes();
  const manifest = {
    schemaVersion: 1,
    ...{
      name: "colour",
      version: "1",
      description: "",
      file: "colour.onnx",
      license: "",
      source: "",
    },
    sha256: createHash("sha256").update(bytes).digest("hex"),
    task: "embedding",
    input: {
      ...{ name: "images", layout: "nchw", width: 16, height: 16, channels: "rgb" },
      ...{ scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1], batch: "dynamic" },
      ...{ fit: "stretch", placement: "top-left", fill: 0 },
    },
    output: { names: ["vector"], dimensions: 3 },
  };
  await writeFile(join(site.folder, "colour.onnx"), bytes);
  await writeFile(join(site.folder, "colour.manifest.json"), JSON.stringify(manifest));
  const model = await loadModelPackage(join(site.folder, "colour.onnx"));
  return storeModel(site.pipeline.objects, model);
}

test("a job with a model for looks tracks by them, and gives the same however it was cut", async () => {
  await using site = await openSmallSite();
  const embedder = await storeColourModel(site);
  assert.equal(embedder.role, "embedder");
  const video = join(site.folder, "walk.mp4");
  await writeClip(video, { seconds: 2 });
  const models = [site.model, embedder];
  // one track may change its class: only looks tell the three colours apart
  const options = resultOptionsSchema.parse({
    tracker: { algorithm: "deepsort", perClass: false, minHits: 1 },
  });
  const files: string[] = [];
  for (const cut of [{ segmentSeconds: 0 }, { segmentSeconds: 1, batchFrames: 5 }]) {
    const execution = executionOptionsSchema.parse(cut);
    const job = await site.submit(video, { models, options, execution });
    const ended = await site.ended(job);
    assert.equal(ended.state, "succeeded", JSON.stringify(ended));
    const { artifacts } = (await site.pipeline.jobs.result(job))!;
    files.push((await site.pipeline.objects.get(artifacts["tracks.jsonl"]!.key)).toString());
  }
  assert.equal(files[0], files[1]);
  const [header, ...tracks] = files[0]!.trimEnd().split("\n");
  assert.deepEqual(resultHeaderSchema.parse(JSON.parse(header!)).models, models);
  // red, green and blue, each from the first frame to the last
  assert.equal(tracks.length, 3);
});

test("a tracker that goes by looks without a model for them is refused", async () => {
  await using site = await openSmallSite();
  const video = join(site.folder, "walk.mp4");
  await writeClip(video, { seconds: 1 });
  const options = resultOptionsSchema.parse({ tracker: { algorithm: "deepsort" } });
  const { state, problem } = await site.ended(await site.submit(video, { options }));
  assert.deepEqual([state, problem?.code, problem?.at], ["failed", "invalid-request", "embedder"]);
});
