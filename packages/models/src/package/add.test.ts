import assert from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { testDetector } from "@framequeue/graphs";
import { addModel, readLabels } from "./add.ts";
import { CATALOGUE } from "./catalogue.ts";
import { objectManifest } from "../manifest/manifest.ts";
import { loadModelPackage, recognizeFile } from "./package.ts";
import { listModels } from "./registry.ts";
import { fixedModel } from "../testing/fixed-model.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { testManifest } from "../testing/test-manifest.ts";
import { lacks, sharedData } from "../testing/video-frames.ts";

async function blobs(folder: string): Promise<string> {
  const file = join(folder, "My Blobs.onnx");
  await writeFile(file, testDetector());
  return file;
}

test("a file with labels becomes a model with a name", async () => {
  await using folder = await temporaryFolder();
  const cacheDir = join(folder.path, "models");
  const labelFile = join(folder.path, "labels.txt");
  await writeFile(labelFile, "0,red\n1,green\n2,blue\n");
  const file = await blobs(folder.path);
  const added = await addModel(file, { cacheDir, labels: await readLabels(labelFile) });
  assert.deepEqual([added.ref.name, added.ref.role], ["my-blobs", "detector"]);
  const loaded = await loadModelPackage(join(cacheDir, "my-blobs"));
  assert.deepEqual(objectManifest(loaded.manifest).labels, ["red", "green", "blue"]);
  assert.deepEqual(loaded.assumptions, []);
  const listed = await listModels({ cacheDir, catalogue: [] });
  assert.deepEqual(listed, [{ name: "my-blobs", origin: "cache", present: true }]);
  // again, under another name, and the first one replaced
  await addModel(file, { cacheDir, name: "blobs" });
  await addModel(file, { cacheDir });
  assert.deepEqual((await readdir(cacheDir)).sort(), ["blobs", "my-blobs"]);
});

test("a folder that holds something else than a model is not replaced by one of its name", async () => {
  await using folder = await temporaryFolder();
  const cacheDir = join(folder.path, "models");
  const file = await blobs(folder.path);
  await mkdir(join(cacheDir, "my-blobs"), { recursive: true });
  await writeFile(join(cacheDir, "my-blobs", "notes.txt"), "precious");
  await assert.rejects(addModel(file, { cacheDir }), {
    code: "model-exists",
    message: /my-blobs holds what is none: notes\.txt\. Move that away/,
  });
  assert.deepEqual(await readdir(join(cacheDir, "my-blobs")), ["notes.txt"]);
  assert.deepEqual(await readdir(cacheDir), ["my-blobs"]);
});

test("what does not fit is said, and nothing is kept", async () => {
  await using folder = await temporaryFolder();
  const cacheDir = join(folder.path, "models");
  const file = await blobs(folder.path);
  await assert.rejects(addModel(file, { cacheDir, labels: ["red", "green"] }), {
    code: "manifest-invalid",
    message: "labels: there are 2, and the model has 3 classes.",
  });
  const valid = testManifest(testDetector());
  const wrong: [string, object, string][] = [
    [
      "labels",
      { ...valid, labels: ["a", "b"] },
      "output: the manifest means float32 [any, 3549, 7], the model has float32 [N, 3549, 8]",
    ],
    [
      "shape",
      { ...valid, input: { ...valid.input, width: 320, height: 320 } },
      "input: the manifest means float32 or uint8 [any, 3, 320, 320], the model has float32 [N, 3, 416, 416]",
    ],
    [
      "type",
      { ...valid, input: { ...valid.input, sizes: { name: "images", order: "width-height" } } },
      "input.sizes: the manifest means int64 [any, 2], the model has float32 [N, 3, 416, 416]",
    ],
  ];
  for (const [what, manifest, detail] of wrong) {
    const path = join(folder.path, `${what}.json`);
    await writeFile(path, JSON.stringify(manifest));
    await assert.rejects(addModel(file, { cacheDir, manifest: path }), (error: Error) => {
      assert.ok(error.message.includes(detail), error.message);
      return true;
    });
  }
  await assert.rejects(readdir(cacheDir), { code: "ENOENT" });
});

test("a vector of another shape is refused", async () => {
  await using folder = await temporaryFolder();
  const input = { name: "images", width: 64, height: 64 };
  const outputs = [{ name: "output", shape: [5, 4], data: new Float32Array(20) }];
  const bytes = fixedModel(input, outputs);
  const file = join(folder.path, "m.onnx");
  await writeFile(file, bytes);
  const manifest = {
    ...testManifest(bytes),
    ...{ task: "embedding", output: { names: ["output"], dimensions: 20 } },
    input: { ...testManifest(bytes).input, ...input },
    ...{ labels: undefined, thresholds: undefined },
  };
  await writeFile(join(folder.path, "m.manifest.json"), JSON.stringify(manifest));
  await assert.rejects(addModel(file, { cacheDir: join(folder.path, "models") }), {
    code: "manifest-invalid",
    message: /output: the manifest means float32 \[any, 20\].*the model has float32 \[N, 5, 4\]/,
  });
});

test("labels come one a line, or numbered from 0", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "l.txt");
  const read = async (text: string): Promise<string[]> => {
    await writeFile(file, text);
    return readLabels(file);
  };
  assert.deepEqual(await read("person\n\ndog, small\r\n"), ["person", "dog, small"]);
  assert.deepEqual(await read("0,tench\n1,goldfish"), ["tench", "goldfish"]);
  await assert.rejects(read("\n"), { code: "manifest-invalid" });
  await assert.rejects(readLabels(join(folder.path, "none.txt")), { code: "model-not-found" });
});

const FILES: Readonly<Record<string, string>> = {
  "yolox-nano": "models/yolox_nano.onnx",
  "deimv2-femto": "models/deimv2_hgnetv2_femto_coco.onnx",
  "ultraface-rfb-320": "models/ultraface_rfb_320.onnx",
  "squeezenet-int8": "models/squeezenet_qdq_int8.onnx",
  "person-reid-0287": "models/person-reidentification-retail-0287.onnx",
  "deeplabv3-mobilenetv2": "models/deeplabv3_mobilenetv2_257.onnx",
  "super-resolution-x3": "models/super_resolution_x3.onnx",
  "sci-medium": "models/sci_medium_512x512.onnx",
};

/** The catalogue says by hand what the documentation of each model says; the graph alone must lead there, too. */
for (const { name, manifest } of CATALOGUE) {
  const file = FILES[name]!;
  test(
    `the bare file of ${name} is recognized as what the catalogue says`,
    { skip: lacks(file) },
    async () => {
      const proposed = (await recognizeFile(join(sharedData, file))).manifest;
      assert.equal(proposed.sha256, manifest.sha256);
      assert.equal(proposed.task, manifest.task);
      assert.deepEqual(proposed.output, manifest.output);
      for (const key of ["labels", "thresholds"] as const) {
        assert.deepEqual(Reflect.get(proposed, key), Reflect.get(manifest, key), key);
      }
      // where a picture is stretched or cut, its place and filling mean nothing, and are not proposed
      const { placement, fill, ...input } = proposed.input;
      const { placement: wantedPlacement, fill: wantedFill, ...wanted } = manifest.input;
      assert.deepEqual(input, wanted);
      const isPadded = input.fit === "letterbox";
      assert.deepEqual(
        [placement, fill],
        isPadded ? [wantedPlacement, wantedFill] : [undefined, undefined],
      );
    },
  );
}

test("what the exporter left in a file is read", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "yolo.onnx");
  const outputs = [{ name: "output0", shape: [6, 84], data: new Float32Array(504) }];
  const names = "{0: 'cat', 1: 'dog'}";
  const input = { name: "images", width: 64, height: 64 };
  await writeFile(file, fixedModel(input, outputs, "N", { names }));
  const { manifest } = await recognizeFile(file);
  assert.deepEqual(objectManifest(manifest).labels, ["cat", "dog"]);
});
