import { randomBytes } from "node:crypto";
import { copyFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ProblemError } from "@framequeue/contracts";
import { parseManifest } from "./manifest.ts";
import { ModelRunner } from "./model-runner.ts";
import type { ModelPackage } from "./package.ts";
import { loadModelPackage, recognizeFile } from "./package.ts";
import type { Hints } from "./recognize/hints.ts";

export interface AddOptions extends Hints {
  /** Folder of the models that have a name; the model gets a folder of its name in it. */
  readonly cacheDir: string;
  /** What it is called; by default as its manifest or its file says. */
  readonly name?: string | undefined;
  /** A manifest that describes it, instead of one beside it or what its graph looks like. */
  readonly manifest?: string | undefined;
  readonly license?: string | undefined;
}

/**
 * Gives an ONNX file a name: checks it against its manifest, runs it once, and keeps both. A model of the same name is
 * replaced.
 *
 * @returns the package in its new place
 * @throws ProblemError `manifest-invalid` or `model-invalid` with what does not fit, `model-not-found`
 */
export async function addModel(
  file: string,
  { cacheDir, name, manifest, license, ...hints }: AddOptions,
): Promise<ModelPackage> {
  const isHinted = Object.values(hints).some((hint) => hint !== undefined);
  const given =
    manifest !== undefined || !isHinted
      ? await loadModelPackage(file, manifest === undefined ? {} : { manifest })
      : await recognizeFile(file, hints);
  const described = parseManifest(
    {
      ...given.manifest,
      file: "model.onnx",
      ...(name === undefined ? {} : { name }),
      ...(license === undefined ? {} : { license }),
    },
    file,
  );
  const ref = { ...given.ref, name: described.name };
  const model = { ...given, manifest: described, ref };
  await runOnce(model);
  return keep(model, cacheDir);
}

/** Some shapes are known only when the graph has run. */
async function runOnce(model: ModelPackage): Promise<void> {
  const runner = await ModelRunner.open(model, { workers: 1, threadsPerWorker: 1 });
  await runner[Symbol.asyncDispose]();
}

/** The folder appears whole or not at all. */
async function keep(model: ModelPackage, cacheDir: string): Promise<ModelPackage> {
  const folder = join(cacheDir, model.manifest.name);
  const part = `${folder}.${randomBytes(6).toString("hex")}.part`;
  await mkdir(part, { recursive: true });
  try {
    await copyFile(model.file, join(part, "model.onnx"));
    await writeFile(join(part, "manifest.json"), `${JSON.stringify(model.manifest, null, 2)}\n`);
    await rm(folder, { recursive: true, force: true });
    await rename(part, folder);
  } finally {
    await rm(part, { recursive: true, force: true });
  }
  return { ...model, file: join(folder, "model.onnx") };
}

/**
 * Class names from a text file: one a line, or `index,name` from 0 on, as they are usually kept.
 *
 * @throws ProblemError `model-not-found` if there is no such file, `manifest-invalid` if it holds no names
 */
export async function readLabels(file: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new ProblemError("model-not-found", `${file} cannot be read.`, { at: file, cause });
  }
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const isNumbered = lines.every((line, index) => line.startsWith(`${index},`));
  const labels = isNumbered ? lines.map((line) => line.slice(line.indexOf(",") + 1).trim()) : lines;
  if (labels.length === 0 || labels.includes("")) {
    throw new ProblemError(
      "manifest-invalid",
      `${file} has lines without a name, or none at all.`,
      {
        at: file,
      },
    );
  }
  return labels;
}
