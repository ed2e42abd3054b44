import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { tuningSchema } from "@framequeue/contracts";
import { GraphBuilder } from "@framequeue/graphs";
import { loadModelPackage } from "../package/package.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { bareTestPackage } from "../testing/test-package.ts";
import { measureApart } from "./measure-apart.ts";
import { tune } from "./tune.ts";

const engine = {
  provider: "cpu",
  devices: [{ provider: "cpu", device: 0 }],
  numericClass: "cpu-here",
} as const;

test("every setting is measured in its own process, and the chosen one is among them", async () => {
  await using folder = await temporaryFolder();
  const model = await bareTestPackage(folder.path, { width: 64, height: 64 });
  const heard: string[] = [];
  const tuning = await tune(model, {
    ...{ engine, cores: 1, seconds: 0.02, latencyLimitMs: 60_000 },
    onMeasured: ({ batch }, result) =>
      heard.push(result instanceof Error ? result.message : String(batch)),
  });
  assert.deepEqual(heard.slice(0, 7), ["1", "2", "4", "8", "16", "32", "64"]);
  assert.equal(heard.length, 10, "three of them twice");
  assert.deepEqual(tuningSchema.parse(tuning), tuning);
  assert.equal(tuning.settings.length, 7);
  assert.ok(tuning.settings.some(({ batch }) => batch === tuning.chosen.batch));
  for (const { framesPerSecond, latencyMs, peakBytes } of tuning.settings) {
    assert.ok(framesPerSecond > 0 && latencyMs > 0 && peakBytes > 1e6);
  }
});

test("a model of a fixed batch is measured at that alone", async () => {
  await using folder = await temporaryFolder();
  const model = await bareTestPackage(folder.path, { width: 64, height: 64, batch: 3 });
  const tuning = await tune(model, { engine, cores: 1, seconds: 0.01, latencyLimitMs: 60_000 });
  assert.deepEqual(
    tuning.settings.map(({ batch }) => batch),
    [3],
  );
  assert.equal(tuning.chosen.batch, 3);
});

/** Takes YOLOX's shapes, and lets each picture's scores depend on the brightest pixel of all pictures in the tensor. */
function mixingModel(): Uint8Array {
  const graph = new GraphBuilder({ name: "mixing" });
  const images = graph.input("images", "float32", ["N", 3, 32, 32]);
  const sum = graph.node("ReduceSum", [images, graph.int64([0, 1, 2, 3])], { keepdims: 0 });
  const scaled = graph.node("Div", [sum, graph.float32(Float32Array.of(1e8), [])]);
  const own = graph.node("ReduceMean", [images], { axes: [1, 2, 3], keepdims: 1 });
  const flat = graph.node("Reshape", [own, graph.int64([-1, 1, 1])]);
  const zero = graph.node("Mul", [flat, graph.float32(Float32Array.of(0), [])]);
  const mixed = graph.node("Add", [zero, scaled]);
  const output = graph.node("Expand", [mixed, graph.int64([1, 21, 6])], {}, "output");
  graph.output(output, "float32", ["N", 21, 6]);
  return graph.toBytes();
}

test("a model that mixes the pictures of a tensor gets tensors of one", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "mixing.onnx");
  await writeFile(file, mixingModel());
  const model = await loadModelPackage(file);
  const order = { model, setting: { batch: 4, threads: 1, sessions: 1 }, devices: [], seconds: 0 };
  assert.equal((await measureApart(order)).independent, false);
  const tuning = await tune(model, { engine, cores: 1, seconds: 0.01, latencyLimitMs: 60_000 });
  assert.equal(tuning.chosen.batch, 1);
});

test("an aborted tuning ends its process and says why", async () => {
  await using folder = await temporaryFolder();
  const model = await bareTestPackage(folder.path, { width: 64, height: 64 });
  const abort = new AbortController();
  const reason = new Error("frames have come");
  const tuning = tune(model, {
    ...{ engine, cores: 1, seconds: 600 },
    signal: abort.signal,
  });
  setImmediate(() => abort.abort(reason));
  await assert.rejects(tuning, reason);
});
