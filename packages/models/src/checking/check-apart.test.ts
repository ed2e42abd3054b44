import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { GraphBuilder, testDetector } from "@framequeue/graphs";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { testManifest } from "../testing/test-manifest.ts";
import { checkApart } from "./check-apart.ts";

const memoryBytes = 1e9;

/** A classifier that on its way makes `megabytes` of numbers out of the picture. */
function hungryModel(megabytes: number): Uint8Array {
  const graph = new GraphBuilder({ name: "hungry" });
  const images = graph.input("images", "float32", [1, 3, 32, 32]);
  const mean = graph.node("ReduceMean", [images], { axes: [2, 3], keepdims: 0 });
  const column = graph.node("Reshape", [mean, graph.int64([3, 1])]);
  const wide = graph.node("Expand", [column, graph.int64([3, Math.round((megabytes * 1e6) / 12)])]);
  const sum = graph.node("ReduceMean", [wide], { axes: [1], keepdims: 0 });
  graph.output(graph.node("Reshape", [sum, graph.int64([1, 3])], {}, "scores"), "float32", [1, 3]);
  return graph.toBytes();
}

test("what is wrong is said without the folder that the file lies in", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  await writeFile(at("yard.onnx"), testDetector());
  await writeFile(at("text.onnx"), "no model");
  const valid = testManifest(testDetector());
  await writeFile(at("m.json"), JSON.stringify({ ...valid, labels: ["a"], version: "" }));
  await writeFile(at("labels.txt"), "red\ngreen\n");

  await assert.rejects(checkApart(at("text.onnx"), {}, { memoryBytes }), {
    code: "model-invalid",
    message: /^text\.onnx cannot be loaded as an ONNX model/,
  });
  await assert.rejects(checkApart(at("yard.onnx"), { manifest: at("m.json") }, { memoryBytes }), {
    code: "manifest-invalid",
    at: "version",
  });
  const labelsFile = at("labels.txt");
  await assert.rejects(checkApart(at("yard.onnx"), { labelsFile }, { memoryBytes }), {
    code: "manifest-invalid",
    message: "labels: there are 2, and the model has 3 classes.",
  });
  const options = { name: "yard", version: "7", license: "MIT", source: "the yard" };
  const { manifest, ref, assumptions } = await checkApart(at("yard.onnx"), options, {
    memoryBytes,
  });
  assert.deepEqual({ ...manifest, ...options }, manifest);
  assert.deepEqual(ref, { role: "detector", name: "yard", version: "7", sha256: valid.sha256 });
  assert.ok(assumptions.length > 0);
});

test("a model that takes too much memory or time is refused, and its process is gone", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  await writeFile(at("small.onnx"), hungryModel(1));
  await writeFile(at("large.onnx"), hungryModel(4_000));
  const hints = { task: "classification" } as const;
  const { ref } = await checkApart(at("small.onnx"), hints, { memoryBytes });
  assert.equal(ref.role, "classifier");
  await assert.rejects(checkApart(at("large.onnx"), hints, { memoryBytes: 4e8 }), {
    code: "model-invalid",
    at: "file",
    message: "large.onnx takes more than 400 MB of memory to be opened and run once.",
  });
  await assert.rejects(checkApart(at("small.onnx"), hints, { memoryBytes, deadlineMs: 1 }), {
    code: "model-invalid",
    message: "small.onnx could not be opened and run once within 0.001 s.",
  });
  const stop = new AbortController();
  const reason = new Error("nobody waits");
  const check = checkApart(at("small.onnx"), hints, { memoryBytes, signal: stop.signal });
  stop.abort(reason);
  await assert.rejects(check, reason);
});
