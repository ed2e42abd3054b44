import assert from "node:assert/strict";
import { copyFile, cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { ProblemError } from "@framequeue/contracts";
import { GraphBuilder, testDetector } from "@framequeue/graphs";
import { addModel } from "./add.ts";
import { CATALOGUE } from "./catalogue.ts";
import { checkModel } from "../checking/check-model.ts";
import { pullModel } from "./pull.ts";
import { resolveModel } from "./registry.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { testManifest } from "../testing/test-manifest.ts";
import { writeTestPackage } from "../testing/test-package.ts";
import { lacks, sharedData } from "../testing/video-frames.ts";

// What a message about a model advises is done here, and has to help.

async function message(of: Promise<unknown>): Promise<string> {
  const error = await of.then(
    () => assert.fail("it was not refused"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ProblemError, String(error));
  return error.message;
}

/** A classifier of three classes by the mean of each channel. */
function classifier(
  shape: readonly (number | string)[],
  { border = "float32" }: { readonly border?: "float32" | "float16" } = {},
): Uint8Array {
  const channels = shape[1] as number;
  const graph = new GraphBuilder({ name: "means" });
  const images = graph.input("images", border, shape);
  // inside it is in half precision either way
  const half = border === "float16" ? images : graph.node("Cast", [images], { to: 10 });
  const mean = graph.node("ReduceMean", [half], { axes: [2, 3], keepdims: 0 });
  const wide = graph.node("Cast", [mean], { to: 1 });
  const weights = Float32Array.from({ length: 3 * channels }, (_, i) => (i % 4) - 1);
  const scores = graph.node("MatMul", [wide, graph.float32(weights, [channels, 3])]);
  const out = graph.node("Cast", [scores], { to: border === "float16" ? 10 : 1 }, "scores");
  graph.output(out, border, [shape[0]!, 3]);
  return graph.toBytes();
}

test("a manifest describes what is of no known family", async () => {
  await using folder = await temporaryFolder();
  const bytes = classifier(["N", 1, 64, 64]);
  const file = join(folder.path, "grey.onnx");
  await writeFile(file, bytes);
  assert.match(await message(checkModel(file)), /a manifest can describe it \(--manifest FILE/);
  const { input, thresholds: _thresholds, ...about } = testManifest(bytes);
  const manifest = {
    ...about,
    task: "classification",
    input: {
      ...{ name: "images", layout: "nchw", width: 64, height: 64, channels: "luma" },
      ...{ scale: 1 / 255, mean: [0.5], std: [0.5], fit: "stretch", batch: input.batch },
    },
    output: { names: ["scores"], activation: "softmax" },
  };
  await writeFile(join(folder.path, "m.json"), JSON.stringify(manifest));
  const model = await checkModel(file, { manifest: join(folder.path, "m.json") });
  assert.equal(model.ref.role, "classifier");
});

test("the sides of a picture that are open can be named", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "open.onnx");
  await writeFile(file, classifier(["N", 3, "h", "w"]));
  assert.match(await message(checkModel(file)), /name them \(--size WIDTHxHEIGHT of models add/);
  const { manifest } = await checkModel(file, { size: { width: 96, height: 64 } });
  assert.deepEqual([manifest.input.width, manifest.input.height], [96, 64]);
});

test("half precision inside a graph is no fault, with float32 at its border", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "half.onnx");
  await writeFile(file, classifier(["N", 3, 64, 64], { border: "float16" }));
  assert.match(await message(checkModel(file)), /so that inputs and outputs stay float32/);
  await writeFile(file, classifier(["N", 3, 64, 64]));
  assert.equal((await checkModel(file)).ref.role, "classifier");
});

test("a name under which another model would be found is refused, and another name has its effect", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  const [cacheDir, bundledDir, cwd] = [at("cache"), at("bundled"), at("")];
  await writeTestPackage(at("bundled/starter"));
  const file = at("blobs.onnx");
  await writeFile(file, testDetector({ width: 96, height: 64 }));
  const add = (name: string) => addModel(file, { cacheDir, bundledDir, name });
  for (const [name, why] of [
    ["yolox-nano", /is the name of one of the catalogue, which is another/],
    ["starter", /is the name of one that comes with the product/],
    ["mine.onnx", /it would be taken for a file/],
  ] as const) {
    const text = await message(add(name));
    assert.match(text, why);
    assert.match(text, /Give it another name: --name NAME\.$/);
  }
  // what was refused has left nothing, and what was not is what its name means
  const options = { cwd, bundledDir, cacheDir, allowPull: false };
  await assert.rejects(resolveModel("yolox-nano", options), { code: "model-not-found" });
  const added = await add("mine");
  const found = await resolveModel("mine", options);
  assert.deepEqual(found.ref, added.ref);
  assert.equal(found.manifest.input.width, 96);
});

const nano = CATALOGUE.find(({ name }) => name === "yolox-nano")!;
const nanoFile = "models/yolox_nano.onnx";

test(
  "the catalogue's own file may have its name: it is found by it, without a network",
  { skip: lacks(nanoFile) },
  async () => {
    await using folder = await temporaryFolder();
    const cacheDir = join(folder.path, "models");
    const file = join(folder.path, "fetched by hand.onnx");
    await copyFile(join(sharedData, nanoFile), file);
    await addModel(file, { cacheDir, name: nano.name });
    const found = await resolveModel(nano.name, { cwd: folder.path, cacheDir, allowPull: false });
    assert.deepEqual(found.manifest, nano.manifest);
    // with anything else said of it, it would be another model
    await assert.rejects(addModel(file, { cacheDir, name: nano.name, license: "mine" }), {
      code: "model-exists",
    });
  },
);

test(
  "a model that cannot be fetched here is found where a fetched one is copied to",
  { skip: lacks(nanoFile) },
  async () => {
    await using folder = await temporaryFolder();
    const [here, there] = [join(folder.path, "here"), join(folder.path, "there")];
    // whoever asks is refused at once
    const baseUrl = "http://127.0.0.1:1";
    const text = await message(pullModel(nano.name, { cacheDir: here, baseUrl }));
    const [, command, to] =
      /(npm run models -- pull \S+) fetches it; copy the folder that it prints to (\S+)\. /.exec(
        text,
      )!;
    assert.equal(command, "npm run models -- pull yolox-nano");
    await addModel(join(sharedData, nanoFile), { cacheDir: there, name: nano.name });
    const fetched = await pullModel(nano.name, { cacheDir: there, baseUrl });
    await cp(fetched, to!, { recursive: true });
    assert.equal(await pullModel(nano.name, { cacheDir: here, baseUrl }), to);
    assert.match(text, /a FILE can stand wherever a model's NAME can/);
    const own = { cwd: folder.path, cacheDir: here, allowPull: false };
    await writeFile(join(folder.path, "own.onnx"), testDetector());
    assert.equal((await resolveModel("own.onnx", own)).ref.name, "own");
  },
);
