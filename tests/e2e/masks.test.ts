import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { executionOptionsSchema, frameRowSchema } from "@framequeue/contracts";
import { GraphBuilder } from "@framequeue/graphs";
import { loadModelPackage } from "@framequeue/models";
import { storeModel } from "@framequeue/pipeline";
import { maskArea, maskBox, runsFromText } from "@framequeue/vision";
import { writeClip } from "./clip.ts";
import { openSmallSite } from "./small-site.ts";

const [WIDTH, HEIGHT] = [160, 90];

/** Segments red: one detection over the whole picture, whose mask is how much redder than green and blue a pixel is. */
function redSegmenter(): Uint8Array {
  const graph = new GraphBuilder({ name: "red" });
  const images = graph.input("images", "float32", [1, 3, HEIGHT, WIDTH]);
  const [red, green, blue] = graph.nodes(
    "Split",
    [images, graph.int64([1, 1, 1])],
    ["r", "g", "b"],
    {
      axis: 1,
    },
  ) as [string, string, string];
  const excess = graph.node("Sub", [red, graph.node("Max", [green, blue])]);
  graph.output(graph.node("Relu", [excess], {}, "masks"), "float32", [1, 1, HEIGHT, WIDTH]);
  const constant = (value: string, name: string): string =>
    graph.node("Identity", [value], {}, name);
  const box = graph.float32([0, 0, WIDTH, HEIGHT], [1, 4]);
  graph.output(constant(box, "boxes"), "float32", [1, 4]);
  graph.output(constant(graph.float32([0.9], [1]), "scores"), "float32", [1]);
  graph.output(constant(graph.int64([1]), "labels"), "int64", [1]);
  return graph.toBytes();
}

function manifestOf(model: Uint8Array): object {
  return {
    schemaVersion: 1,
    ...{ name: "red", version: "1", description: "", file: "red.onnx", license: "", source: "" },
    sha256: createHash("sha256").update(model).digest("hex"),
    task: "instance-segmentation",
    input: {
      ...{
        name: "images",
        layout: "nchw",
        width: WIDTH,
        height: HEIGHT,
        channels: "rgb",
        batch: 1,
      },
      ...{ scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] },
      ...{ fit: "stretch", placement: "top-left", fill: 0 },
    },
    output: {
      decoder: "selected",
      names: ["boxes", "scores", "labels", "masks"],
      boxes: { format: "xyxy", space: "input" },
      firstLabel: 1,
    },
    labels: ["red"],
    thresholds: { score: 0.5, mask: 0.5 },
  };
}

test("masks of a segmenting model stand in frames.jsonl, the same however the work was cut", async () => {
  await using site = await openSmallSite();
  const file = join(site.folder, "red.onnx");
  const bytes = redSegmenter();
  await writeFile(file, bytes);
  await writeFile(join(site.folder, "red.manifest.json"), JSON.stringify(manifestOf(bytes)));
  const { objects, jobs } = site.pipeline;
  const model = await storeModel(objects, await loadModelPackage(file));
  const video = join(site.folder, "walk.mp4");
  await writeClip(video, { seconds: 2 });
  const files: string[] = [];
  for (const cut of [{ segmentSeconds: 0 }, { segmentSeconds: 1, batchFrames: 7 }]) {
    const execution = executionOptionsSchema.parse(cut);
    const job = await site.submit(video, { models: [model], execution, render: true });
    assert.equal((await site.ended(job)).state, "succeeded");
    const { artifacts } = (await jobs.result(job))!;
    assert.ok(artifacts["annotated.mp4"]);
    files.push((await objects.get(artifacts["frames.jsonl"]!.key)).toString());
  }
  assert.equal(files[0], files[1]);
  const [, ...lines] = files[0]!.trimEnd().split("\n");
  assert.equal(lines.length, 50);
  for (const line of lines) {
    const { frame, detections } = frameRowSchema.parse(JSON.parse(line));
    assert.equal(detections.length, 1);
    assert.deepEqual(detections[0]!.mask!.size, [360, 640]);
    const runs = runsFromText(detections[0]!.mask!.counts);
    // the red block: 40x40, at y 30, and 220 pixels to the right each second
    const [x, y, width, height] = maskBox(runs, 360);
    const off = [x - (40 + (220 * frame) / 25), y - 30, width - 40, height - 40].map(Math.abs);
    assert.ok(Math.max(...off) <= 6, `frame ${frame}: ${[x, y, width, height].join(", ")}`);
    assert.ok(Math.abs(maskArea(runs) - 1600) < 320);
  }
});
