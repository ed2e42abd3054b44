import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { testDetector } from "@framequeue/graphs";
import type { CatalogueEntry } from "./catalogue.ts";
import type { ResolveOptions } from "./registry.ts";
import { listModels, resolveModel } from "./registry.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { testManifest } from "../testing/test-manifest.ts";
import { writeTestPackage } from "../testing/test-package.ts";

const model = testDetector({ width: 64, height: 64 });
const manifest = { ...testManifest(model), name: "remote" };
manifest.input = { ...manifest.input, width: 64, height: 64 };
const entry: CatalogueEntry = {
  name: "remote",
  // whoever asks is refused at once
  url: "http://127.0.0.1:1/model.onnx",
  sha256: manifest.sha256,
  bytes: model.length,
  license: manifest.license,
  manifest,
};

async function world(): Promise<AsyncDisposable & { readonly options: ResolveOptions }> {
  const folder = await temporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  await mkdir(at("cwd/starter"), { recursive: true });
  await writeTestPackage(at("bundled/starter"));
  const options = {
    cwd: at("cwd"),
    bundledDir: at("bundled"),
    cacheDir: at("cache"),
    allowPull: false,
    catalogue: [entry],
  };
  return { options, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test("a bundled model by its name, though a folder of that name is at hand", async () => {
  await using place = await world();
  const found = await resolveModel("starter", place.options);
  assert.equal(found.file, join(place.options.bundledDir!, "starter/model.onnx"));
});

test("files and model folders come first, relative to cwd", async () => {
  await using place = await world();
  const { cwd } = place.options;
  await writeTestPackage(join(cwd, "starter"));
  const file = join(cwd, "starter/model.onnx");
  for (const path of ["starter", "./starter", "starter/model.onnx", file]) {
    assert.equal((await resolveModel(path, place.options)).file, file);
  }
});

test("a manifest that is passed is relative to cwd too", async () => {
  await using place = await world();
  const { cwd } = place.options;
  await writeFile(join(cwd, "x.onnx"), model);
  await writeFile(join(cwd, "x.json"), JSON.stringify(manifest));
  const found = await resolveModel("x.onnx", { ...place.options, manifest: "x.json" });
  assert.equal(found.ref.name, "remote");
});

test("a model of the catalogue from the cache, without a network", async () => {
  await using place = await world();
  const folder = join(place.options.cacheDir, "remote");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "model.onnx"), model);
  await writeFile(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const allowPull of [false, true]) {
    const found = await resolveModel("remote", { ...place.options, allowPull });
    assert.equal(found.file, join(folder, "model.onnx"));
  }
});

test("a model of the catalogue that is not here", async () => {
  await using place = await world();
  await assert.rejects(resolveModel("remote", place.options), {
    code: "model-not-found",
    message: "The model remote is not on this machine: npm run models -- pull remote fetches it.",
  });
  await assert.rejects(resolveModel("remote", { ...place.options, allowPull: true }), {
    code: "model-unreachable",
  });
});

test("a folder that somebody put into the cache has a name too", async () => {
  await using place = await world();
  await writeTestPackage(join(place.options.cacheDir, "mine"));
  assert.equal((await resolveModel("mine", place.options)).ref.name, "blobs");
  assert.deepEqual(await listModels(place.options), [
    { name: "mine", origin: "cache", present: true },
    { name: "remote", origin: "catalogue", present: false },
    { name: "starter", origin: "bundled", present: true },
  ]);
});

test("what is neither a file nor a name is answered by what it looks like", async () => {
  await using place = await world();
  const { cwd } = place.options;
  await assert.rejects(resolveModel("nothing", place.options), {
    code: "model-not-found",
    message: "nothing is neither a file nor a model's name. There are: remote, starter.",
  });
  for (const path of ["nothing.onnx", "../nothing", "sub/nothing", ".."]) {
    await assert.rejects(resolveModel(path, place.options), { code: "model-not-found" });
  }
  await assert.rejects(resolveModel("nothing.onnx", place.options), {
    message: `${join(cwd, "nothing.onnx")} does not exist.`,
  });
});
