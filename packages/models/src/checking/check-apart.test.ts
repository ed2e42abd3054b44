import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { endlessClassifier, GraphBuilder, testDetector } from "@framequeue/graphs";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { testManifest } from "../testing/test-manifest.ts";
import { checkApart } from "./check-apart.ts";

const memoryBytes = 1e9;
const limits = { memoryBytes, deadlineMs: 60_000 };

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

  await assert.rejects(checkApart(at("text.onnx"), {}, limits), {
    code: "model-invalid",
    message: /^text\.onnx cannot be loaded as an ONNX model/,
  });
  await assert.rejects(checkApart(at("yard.onnx"), { manifest: at("m.json") }, limits), {
    code: "manifest-invalid",
    at: "version",
  });
  const labelsFile = at("labels.txt");
  await assert.rejects(checkApart(at("yard.onnx"), { labelsFile }, limits), {
    code: "manifest-invalid",
    message: "labels: there are 2, and the model has 3 classes.",
  });
  const options = { name: "yard", version: "7", license: "MIT", source: "the yard" };
  const { manifest, ref, assumptions } = await checkApart(at("yard.onnx"), options, {
    ...limits,
  });
  assert.deepEqual({ ...manifest, ...options }, manifest);
  assert.deepEqual(ref, { role: "detector", name: "yard", version: "7", sha256: valid.sha256 });
  assert.ok(assumptions.length > 0);
});

/** Processes that this one has begun, which are those that check a file; Linux tells. */
function checkers(): number[] {
  const pids = readFileSync(`/proc/self/task/${process.pid}/children`, "latin1");
  return pids.split(" ").filter(Boolean).map(Number);
}

test("a model that takes too much memory or time is refused, and its process is gone", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  await writeFile(at("small.onnx"), hungryModel(1));
  await writeFile(at("large.onnx"), hungryModel(1_000));
  await writeFile(at("huge.onnx"), hungryModel(8_000));
  const hints = { task: "classification" } as const;
  const { ref } = await checkApart(at("small.onnx"), hints, limits);
  assert.equal(ref.role, "classifier");
  // The one is seen as it grows, the other is refused by the kernel before it grows.
  for (const name of ["large.onnx", "huge.onnx"]) {
    await assert.rejects(checkApart(at(name), hints, { ...limits, memoryBytes: 4e8 }), {
      code: "model-too-large",
      at: "file",
      message: `${name} takes more than 400 MB of memory to be opened and run once, the limit of this system.`,
    });
  }
  const stop = new AbortController();
  const reason = new Error("nobody waits");
  const check = checkApart(at("small.onnx"), hints, { ...limits, signal: stop.signal });
  stop.abort(reason);
  await assert.rejects(check, reason);
  if (process.platform === "linux") assert.deepEqual(checkers(), []);
});

test("a model that does not come to an end is refused, and its process is gone", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "endless.onnx");
  await writeFile(file, endlessClassifier());
  await assert.rejects(
    checkApart(file, { task: "classification" }, { memoryBytes, deadlineMs: 2_000 }),
    {
      code: "model-too-slow",
      at: "file",
      message:
        "endless.onnx could not be opened and run once within 2 s, the limit of this system.",
    },
  );
  if (process.platform === "linux") assert.deepEqual(checkers(), []);
});

test(
  "a machine that hardly lets a check run says nothing about the model",
  { skip: process.platform === "linux" ? false : "only Linux tells the time of another process" },
  async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "small.onnx");
    await writeFile(file, hungryModel(1));
    const check = checkApart(file, { task: "classification" }, { memoryBytes, deadlineMs: 3_000 });
    const [pid] = checkers();
    process.kill(pid!, "SIGSTOP");
    await assert.rejects(check, { code: "model-check-busy", message: /too busy; send it again/ });
  },
);
