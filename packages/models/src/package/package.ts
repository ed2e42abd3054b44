import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { ModelRef } from "@framequeue/contracts";
import { BOUNDS, ProblemError, roleOf } from "@framequeue/contracts";
import { contradictions } from "../manifest/contradictions.ts";
import { fileSha256 } from "./file-sha256.ts";
import { inspectGraph, seeOutputs } from "./inspect.ts";
import type { ModelManifest } from "../manifest/manifest.ts";
import { parseManifest } from "../manifest/manifest.ts";
import { refuseOtherFiles } from "./not-onnx.ts";
import { type OnnxFile, readOnnxFile } from "./onnx-file.ts";
import type { Hints } from "../recognize/hints.ts";
import { recognize } from "../recognize/recognize.ts";

/** An ONNX file that was checked, and what is known about it. */
export interface ModelPackage {
  /** Absolute path of the ONNX file. */
  readonly file: string;
  readonly manifest: ModelManifest;
  readonly ref: ModelRef;
  /** What was assumed for want of a manifest, in sentences; empty where there is one. */
  readonly assumptions: readonly string[];
}

export interface LoadOptions {
  /** A manifest that describes the model, or the file that holds it, instead of one beside it. */
  readonly manifest?: string | ModelManifest;
}

/**
 * Loads a model package from a folder with a `manifest.json`, an `.onnx` file with `<name>.manifest.json` or a
 * `manifest.json` that names it beside it, or a bare `.onnx` of a known family.
 *
 * @throws ProblemError `model-not-found` naming the file that is missing; `manifest-invalid` with every fault;
 * `model-invalid` if the file is not the one that the manifest means, cannot be loaded or is of no known family
 */
export async function loadModelPackage(
  path: string,
  options: LoadOptions = {},
): Promise<ModelPackage> {
  const absolute = resolve(path);
  const kind = await kindOf(absolute);
  if (kind === undefined) throw missing(absolute);
  if (kind === "folder") {
    const manifest = await readManifest(options.manifest ?? join(absolute, "manifest.json"));
    return described(join(absolute, manifest.file), manifest);
  }
  if (options.manifest !== undefined) {
    return described(absolute, await readManifest(options.manifest));
  }
  const manifest = await manifestBeside(absolute);
  return manifest === undefined ? recognizeFile(absolute) : described(absolute, manifest);
}

async function described(file: string, manifest: ModelManifest): Promise<ModelPackage> {
  const { sha256 } = await lookInto(file);
  if (sha256 !== manifest.sha256) {
    throw new ProblemError(
      "model-invalid",
      `${file} is not the file that its manifest means: its sha256 is ${sha256}, ` +
        `the manifest says ${manifest.sha256}.`,
      { at: file },
    );
  }
  const faults = contradictions(await inspectGraph(file), manifest);
  if (faults.length > 0) {
    const list = faults.map(({ at, detail }) => `${at}: ${detail}`).join("; ");
    throw new ProblemError(
      "manifest-invalid",
      `The manifest of ${file} contradicts the model: ${list}.`,
      { at: faults[0]!.at, errors: faults },
    );
  }
  const { name, version } = manifest;
  return {
    file,
    manifest,
    ref: { role: roleOf(manifest.task), name, version, sha256 },
    assumptions: [],
  };
}

/**
 * Takes a bare ONNX file for what its graph looks like.
 *
 * @throws ProblemError `model-not-found`, `model-invalid` if it cannot be loaded or is of no known family,
 * `manifest-invalid` if the hints contradict it
 */
export async function recognizeFile(path: string, hints: Hints = {}): Promise<ModelPackage> {
  const file = resolve(path);
  const { sha256, metadata } = await lookInto(file);
  const graph = await inspectGraph(file);
  const first = recognize(graph, file, { metadata, ...hints });
  const { body, assumptions } =
    first.settle === undefined ? first : first.settle(await seeOutputs(file, first.body.input));
  const stem = basename(file).replace(/\.onnx$/i, "");
  const name =
    stem
      .toLowerCase()
      .replace(/[^a-z0-9._-]+/g, "-")
      .replace(/^[._-]+/, "")
      .slice(0, BOUNDS.modelName) || "model";
  // nothing states a version: the content does
  const version = sha256.slice(0, 12);
  const manifest: ModelManifest = {
    schemaVersion: 1,
    name,
    version,
    description: "An ONNX file without a manifest.",
    file: "model.onnx",
    sha256,
    license: "unknown",
    source: "a local file",
    ...body,
  };
  return {
    file,
    manifest,
    ref: { role: roleOf(manifest.task), name, version, sha256 },
    assumptions,
  };
}

/**
 * What a file is before it is opened.
 *
 * @throws ProblemError `model-not-found`, `model-invalid` where it is no ONNX or not all of one
 */
async function lookInto(
  file: string,
): Promise<{ readonly sha256: string } & Pick<OnnxFile, "metadata">> {
  if ((await kindOf(file)) !== "file") throw missing(file);
  await refuseOtherFiles(file);
  const { metadata, externalFiles } = await readOnnxFile(file);
  if (externalFiles.length > 0) {
    throw new ProblemError(
      "model-invalid",
      `${file} is not the whole model: weights of it are in ${externalFiles.join(", ")}. A model is one file here; ` +
        "onnx.save(onnx.load(FROM), TO), of Python's onnx, writes it as one.",
      { at: file },
    );
  }
  return { sha256: await fileSha256(file), metadata };
}

async function manifestBeside(file: string): Promise<ModelManifest | undefined> {
  const own = file.replace(/\.onnx$/i, "") + ".manifest.json";
  if ((await kindOf(own)) === "file") return readManifest(own);
  const shared = join(dirname(file), "manifest.json");
  if ((await kindOf(shared)) !== "file") return undefined;
  // a folder may hold several models: the manifest belongs to the one that it names
  const value = await readJson(shared);
  const names = typeof value === "object" && value !== null && "file" in value && value.file;
  return names === basename(file) ? parseManifest(value, shared) : undefined;
}

async function readManifest(from: string | ModelManifest): Promise<ModelManifest> {
  return typeof from === "string" ? parseManifest(await readJson(from), from) : from;
}

async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (isNodeError(error, "ENOENT")) throw missing(file);
    throw unreadable(file, error);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProblemError("manifest-invalid", `${file} is not JSON: ${reason}.`, { at: file });
  }
}

async function kindOf(path: string): Promise<"file" | "folder" | undefined> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file";
  } catch (error) {
    if (isNodeError(error, "ENOENT") || isNodeError(error, "ENOTDIR")) return undefined;
    throw unreadable(path, error);
  }
}

function isNodeError(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function missing(file: string): ProblemError {
  return new ProblemError("model-not-found", `${file} does not exist.`, { at: file });
}

function unreadable(file: string, cause: unknown): ProblemError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ProblemError("model-not-found", `${file} cannot be read: ${reason}.`, {
    at: file,
    cause,
  });
}
