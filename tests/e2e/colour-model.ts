import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ModelRef } from "@framequeue/contracts";
import { GraphBuilder } from "@framequeue/graphs";
import { loadModelPackage } from "@framequeue/models";
import { storeModel } from "@framequeue/pipeline";
import type { SmallSite } from "./small-site.ts";

const SIDE = 16;
const COLOURS = ["red", "green", "blue"];

/**
 * An embedder that says what a crop looks like: its mean red, green and blue. Each version is a file of its own that does
 * the same.
 */
export function storeColourModel(site: SmallSite, version = "1"): Promise<ModelRef> {
  return store(site, "colour", meanColour(`colour-${version}`), {
    version,
    task: "embedding",
    output: { names: ["answer"], dimensions: 3 },
  });
}

/** A classifier that names the strongest colours of a picture; each version is a file of its own, too. */
export function storeColourClassifier(site: SmallSite, version = "1"): Promise<ModelRef> {
  return store(site, "colour-names", meanColour(`names-${version}`), {
    version,
    task: "classification",
    output: { names: ["answer"], activation: "none" },
    labels: COLOURS,
    thresholds: { score: 0, most: 2 },
  });
}

/** A segmenter for which every pixel is of its strongest colour, or dark. */
export function storeColourSegmenter(site: SmallSite, version = "1"): Promise<ModelRef> {
  const side = 4 * SIDE;
  const graph = new GraphBuilder({ name: `areas-${version}` });
  const images = graph.input("images", "float32", ["N", 3, side, side]);
  // what is no brighter than half in any colour is dark: a fourth class, of half everywhere
  const half = graph.node("Clip", [
    graph.node("ReduceMax", [images], { axes: [1], keepdims: 1 }),
    graph.float32([0.5]),
    graph.float32([0.5]),
  ]);
  graph.output(graph.node("Concat", [images, half], { axis: 1 }, "answer"), "float32", [
    ...["N", 4, side, side],
  ]);
  return store(
    site,
    "colour-areas",
    graph.toBytes(),
    {
      version,
      task: "semantic-segmentation",
      output: { names: ["answer"], gives: "scores", background: 3 },
      labels: [...COLOURS, "dark"],
    },
    side,
  );
}

/** @param name of the graph: models are told apart by their bytes */
function meanColour(name: string): Uint8Array {
  const graph = new GraphBuilder({ name });
  const images = graph.input("images", "float32", ["N", 3, SIDE, SIDE]);
  const mean = graph.node("ReduceMean", [images], { axes: [2, 3], keepdims: 0 }, "answer");
  graph.output(mean, "float32", ["N", 3]);
  return graph.toBytes();
}

async function store(
  site: SmallSite,
  name: string,
  bytes: Uint8Array,
  what: object,
  side = SIDE,
): Promise<ModelRef> {
  const manifest = {
    schemaVersion: 1,
    ...{ name, version: "1", description: "", file: `${name}.onnx`, license: "", source: "" },
    sha256: createHash("sha256").update(bytes).digest("hex"),
    input: {
      ...{ name: "images", layout: "nchw", width: side, height: side, channels: "rgb" },
      ...{ scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1], batch: "dynamic" },
      ...{ fit: "stretch", placement: "top-left", fill: 0 },
    },
    ...what,
  };
  await writeFile(join(site.folder, `${name}.onnx`), bytes);
  await writeFile(join(site.folder, `${name}.manifest.json`), JSON.stringify(manifest));
  const model = await loadModelPackage(join(site.folder, `${name}.onnx`));
  return storeModel(site.pipeline.objects, model);
}
