import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { GraphBuilder, testDetector } from "@framequeue/graphs";
import { ProblemError } from "@framequeue/contracts";
import { objectManifest } from "../manifest/manifest.ts";
import { loadModelPackage } from "./package.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { testManifest } from "../testing/test-manifest.ts";
import { bareTestPackage, writeTestPackage } from "../testing/test-package.ts";

const model = testDetector();
const manifest = testManifest(model);

test("a folder with a manifest", async () => {
  await using folder = await temporaryFolder();
  await writeTestPackage(folder.path, model);
  const loaded = await loadModelPackage(folder.path);
  assert.deepEqual(loaded, {
    file: join(folder.path, "model.onnx"),
    manifest,
    ref: { role: "detector", name: "blobs", version: "1", sha256: manifest.sha256 },
    assumptions: [],
  });
});

test("a file takes the manifest of its own name, or the shared one if that names it", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  await writeTestPackage(folder.path, model);
  await writeFile(at("other.onnx"), model);
  assert.equal((await loadModelPackage(at("model.onnx"))).ref.name, "blobs");
  assert.equal((await loadModelPackage(at("other.onnx"))).ref.name, "other");
  await writeFile(at("other.manifest.json"), JSON.stringify({ ...manifest, name: "own" }));
  assert.equal((await loadModelPackage(at("other.onnx"))).ref.name, "own");
});

test("a manifest that is passed wins", async () => {
  await using folder = await temporaryFolder();
  await writeTestPackage(folder.path, model);
  const passed = join(folder.path, "passed.json");
  await writeFile(passed, JSON.stringify({ ...manifest, name: "passed" }));
  for (const path of [folder.path, join(folder.path, "model.onnx")]) {
    const loaded = await loadModelPackage(path, { manifest: passed });
    assert.equal(loaded.ref.name, "passed");
  }
});

test("a bare file of a known family is named after itself and says what was assumed", async () => {
  await using folder = await temporaryFolder();
  const loaded = await bareTestPackage(folder.path);
  assert.deepEqual(loaded.ref, {
    role: "detector",
    name: "blobs",
    version: manifest.sha256.slice(0, 12),
    sha256: manifest.sha256,
  });
  assert.deepEqual(objectManifest(loaded.manifest).labels, ["class 0", "class 1", "class 2"]);
  assert.ok(loaded.assumptions.length > 2);
});

async function problem(path: string, options = {}): Promise<ProblemError> {
  const error: unknown = await loadModelPackage(path, options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ProblemError, String(error));
  return error;
}

test("what is missing is named", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  const rows: [string, object, string][] = [
    [at("none.onnx"), {}, at("none.onnx")],
    [folder.path, {}, at("manifest.json")],
    [folder.path, { manifest: at("passed.json") }, at("passed.json")],
  ];
  for (const [path, options, missing] of rows) {
    const error = await problem(path, options);
    assert.deepEqual(
      [error.code, error.message],
      ["model-not-found", `${missing} does not exist.`],
    );
  }
  await writeFile(at("manifest.json"), JSON.stringify(manifest));
  assert.equal((await problem(folder.path)).message, `${at("model.onnx")} does not exist.`);
});

test("another file than the manifest means is refused with both hashes", async () => {
  await using folder = await temporaryFolder();
  await writeTestPackage(folder.path, model);
  const other = testDetector({ batch: 1 });
  await writeFile(join(folder.path, "model.onnx"), other);
  const error = await problem(folder.path);
  assert.equal(error.code, "model-invalid");
  assert.ok(error.message.includes(manifest.sha256));
  assert.ok(error.message.includes(testManifest(other).sha256));
});

test("what is no ONNX model is refused in one sentence", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "bad.onnx");
  for (const content of ["this is not a model", Buffer.from(model).subarray(0, 5000)]) {
    await writeFile(file, content);
    const error = await problem(file);
    assert.equal(error.code, "model-invalid");
    assert.ok(error.message.startsWith(`${file} cannot be loaded as an ONNX model: `));
    assert.ok(error.message.length < file.length + 300);
    assert.doesNotMatch(error.message, /\n|\.cc:|onnxruntime_src/);
  }
});

const others: [what: string, content: string | Buffer, message: RegExp][] = [
  ["an empty file", "", /is empty\.$/],
  ["a web page", "\n<!DOCTYPE html><html>", /is a web page: what was fetched was not the file\.$/],
  ["a checkpoint of PyTorch", "PK\x03\x04archive/data.pkl", /is a zip archive, as PyTorch's/],
  ["a TensorFlow Lite model", "\x1c\0\0\0TFL3\x14\0", /is a TensorFlow Lite model/],
  ["a Keras file", Buffer.from("894844460d0a1a0a", "hex"), /is an HDF5 file/],
  ["something compressed", Buffer.from("1f8b08", "hex"), /is compressed by gzip/],
];
for (const [what, content, message] of others) {
  test(`${what} is called what it is`, async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "bad.onnx");
    await writeFile(file, content);
    const error = await problem(file);
    assert.equal(error.code, "model-invalid");
    assert.match(error.message, message);
  });
}

test("a Git LFS pointer is called one, with a manifest of the file or without, and that file is taken in its place", async () => {
  await using folder = await temporaryFolder();
  const { sha256 } = testManifest(model);
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${model.length}\n`;
  const file = join(folder.path, "blobs.onnx");
  await writeFile(file, pointer);
  const message = `${file} is a Git LFS pointer to a file of ${model.length} bytes, not that file: \`git lfs pull\` in its repository puts the file there.`;
  assert.equal((await problem(file)).message, message);
  await writeFile(join(folder.path, "blobs.manifest.json"), JSON.stringify(testManifest(model)));
  assert.equal((await problem(file)).message, message);
  // what the pull does
  await writeFile(file, model);
  await loadModelPackage(file);
});

test("weights in another file are named, whether that is there or not, and one file with all of them is taken", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "big.onnx");
  const weights = Float32Array.from({ length: 12 }, (_, i) => i / 10);
  const write = (location?: string) => {
    const graph = new GraphBuilder({ name: "g" });
    const x = graph.input("x", "float32", ["N", 3, 32, 32]);
    const mean = graph.node("ReduceMean", [x], { axes: [2, 3], keepdims: 0 });
    const matrix =
      location === undefined ? graph.float32(weights, [3, 4]) : graph.external(location, [3, 4]);
    graph.output(graph.node("MatMul", [mean, matrix], {}, "y"), "float32", ["N", 4]);
    return writeFile(file, graph.toBytes());
  };
  const location = `${"deep/".repeat(60)}weights.bin`;
  await write(location);
  const error = await problem(file);
  assert.equal(error.code, "model-invalid");
  assert.ok(error.message.includes(`weights of it are in ${location}.`), error.message);
  await write("weights.bin");
  await writeFile(join(folder.path, "weights.bin"), Buffer.from(weights.buffer));
  // it could be opened where it is, but is kept and sent as one file
  assert.match((await problem(file)).message, /weights of it are in weights\.bin\..*onnx\.save/);
  await write();
  await loadModelPackage(file);
});

test("a graph of no known family is refused by what it takes and gives", async () => {
  await using folder = await temporaryFolder();
  const graph = new GraphBuilder({ name: "classifier" });
  const x = graph.input("x", "float32", ["N", 4]);
  graph.output(graph.node("Relu", [x], {}, "y"), "float32", ["N", 4]);
  const file = join(folder.path, "classifier.onnx");
  await writeFile(file, graph.toBytes());
  const error = await problem(file);
  assert.equal(error.code, "model-invalid");
  assert.match(error.message, /takes x float32 \[N, 4\] and gives y float32 \[N, 4\]/);
});

test("a manifest that contradicts its model is refused with every fault", async () => {
  await using folder = await temporaryFolder();
  await writeTestPackage(folder.path, model);
  const wrong = { ...manifest, labels: ["one"], input: { ...manifest.input, name: "x" } };
  await writeFile(join(folder.path, "manifest.json"), JSON.stringify(wrong));
  const error = await problem(folder.path);
  assert.equal(error.code, "manifest-invalid");
  assert.deepEqual(
    error.errors?.map(({ at }) => at),
    ["input.name", "output"],
  );
});

test("a manifest that is not JSON is refused", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "manifest.json"), "{");
  const error = await problem(folder.path);
  assert.equal(error.code, "manifest-invalid");
  assert.match(error.message, /is not JSON/);
});
