import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ModelRef } from "@framequeue/contracts";
import { GraphBuilder } from "@framequeue/graphs";
import { loadModelPackage } from "@framequeue/models";
import { storeModel } from "@framequeue/pipeline";
import type { SmallSite } from "./small-site.ts";

/**
 * An embedder that says what a crop looks like: its mean red, green and blue. Each version is a file of its own that does
 * the same.
 */
export async function storeColourModel(site: SmallSite, version = "1"): Promise<ModelRef> {
  const graph = new GraphBuilder({ name: `colour-${version}` });
  const images = graph.input("images", "float32", ["N", 3, 16, 16]);
  const mean = graph.node("ReduceMean", [images], { axes: [2, 3], keepdims: 0 }, "vector");
  graph.output(mean, "float32", ["N", 3]);
  const bytes = graph.toBytes();
  const manifest = {
    schemaVersion: 1,
    ...{
      name: "colour",
      version,
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
