import { randomBytes } from "node:crypto";
import {
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { listed, ProblemError, roleOf } from "@framequeue/contracts";
import { CATALOGUE, type CatalogueEntry } from "./catalogue.ts";
import { checkModel, type CheckOptions } from "../checking/check-model.ts";
import type { ModelPackage } from "./package.ts";

export interface AddOptions extends CheckOptions {
  /** Folder of the models that have a name; the model gets a folder of its name in it. */
  readonly cacheDir: string;
  /** Folder of the models that come with the product. */
  readonly bundledDir?: string | undefined;
  readonly catalogue?: readonly CatalogueEntry[] | undefined;
}

/**
 * Gives an ONNX file a name: checks it against its manifest, runs it once, and keeps both. A model of the same name is
 * replaced. The file of a catalogue's model may have that one's name, where nothing else is said of it: it is as if it
 * had been fetched.
 *
 * @returns the package in its new place
 * @throws ProblemError `manifest-invalid` or `model-invalid` with what does not fit, `model-not-found`; `model-exists`
 * for a name by which another model, or none, would be found
 */
export async function addModel(
  file: string,
  { cacheDir, bundledDir, catalogue = CATALOGUE, ...options }: AddOptions,
): Promise<ModelPackage> {
  const model = await checkModel(file, options);
  const { name } = model.manifest;
  const taken = (why: string): ProblemError =>
    new ProblemError(
      "model-exists",
      `No model can be called ${name} here: ${why}. Give it another name: --name NAME.`,
      { at: "name" },
    );
  if (name.endsWith(".onnx")) throw taken("it would be taken for a file");
  if (bundledDir !== undefined && (await isThere(join(bundledDir, name, "manifest.json")))) {
    throw taken("that is the name of one that comes with the product");
  }
  const entry = catalogue.find((each) => each.name === name);
  if (entry === undefined) return keep(model, cacheDir);
  const { name: _name, ...said } = options;
  const isPlain = Object.values(said).every((value) => value === undefined);
  if (!isPlain || model.ref.sha256 !== entry.sha256) {
    throw taken("that is the name of one of the catalogue, which is another");
  }
  const { manifest } = entry;
  const ref = { ...model.ref, role: roleOf(manifest.task), version: manifest.version };
  return keep({ ...model, manifest, ref, assumptions: [] }, cacheDir);
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** What a folder of a model holds, and what a download that was cut leaves in it; nothing else is ever replaced. */
const OWN_FILES = /^(manifest\.json|model\.onnx)(\.[0-9a-f]{12}\.part)?$/;

/** Refuses a place that holds something else than a model. Throws `model-exists`. */
async function mayReplace(folder: string, name: string): Promise<void> {
  const found = await lstat(folder).catch(() => undefined);
  if (found === undefined) return;
  const others = found.isDirectory()
    ? (await readdir(folder)).filter((each) => !OWN_FILES.test(each))
    : ["something that is no folder"];
  if (others.length === 0) return;
  throw new ProblemError(
    "model-exists",
    `The place of the model ${name} holds what is none: ${listed(others)}. Move that away, or give the model another name: --name NAME.`,
    { at: "name" },
  );
}

/** The folder appears whole or not at all. */
async function keep(model: ModelPackage, cacheDir: string): Promise<ModelPackage> {
  const folder = join(cacheDir, model.manifest.name);
  const part = `${folder}.${randomBytes(6).toString("hex")}.part`;
  await mkdir(part, { recursive: true });
  try {
    await copyFile(model.file, join(part, "model.onnx"));
    await writeFile(join(part, "manifest.json"), `${JSON.stringify(model.manifest, null, 2)}\n`);
    await mayReplace(folder, model.manifest.name);
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
  const labels = labelNames(text);
  if (labels !== undefined) return labels;
  throw new ProblemError("manifest-invalid", `${file} has lines without a name, or none at all.`, {
    at: file,
  });
}

/** The names in a text of one a line, or of `index,name` lines from 0 on; undefined where one lacks, or all do. */
export function labelNames(text: string): string[] | undefined {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const isNumbered = lines.every((line, index) => line.startsWith(`${index},`));
  const labels = isNumbered ? lines.map((line) => line.slice(line.indexOf(",") + 1).trim()) : lines;
  return labels.length === 0 || labels.includes("") ? undefined : labels;
}
