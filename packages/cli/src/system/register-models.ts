import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Lineage, modelKeys, ProblemError } from "@framequeue/contracts";
import {
  listModels,
  loadModelPackage,
  type ModelManifest,
  type ModelPackage,
  parseManifest,
} from "@framequeue/models";
import { readAliases, registeredModels, storeModel } from "@framequeue/pipeline";
import { readObjectStoreConfig } from "@framequeue/service";
import { getSealed, isLoss, type ObjectStore, openObjectStore } from "@framequeue/storage";
import { findModel } from "./find-model.ts";
import type { Terminal } from "../text/terminal.ts";

/** What brought a model to this machine, by where it is. */
const BROUGHT_BY = { bundled: "bundled", cache: "add", catalogue: "pull" } as const;

/** The model of jobs that name none, by the setting of the API. */
export function defaultModel(env: NodeJS.ProcessEnv): string {
  return env["FQ_DEFAULT_MODEL"] || "yolox-nano";
}

/**
 * Puts every model that is here into the object store, where services find them, and `wanted` too. It is fetched only
 * where neither this machine nor the store has it.
 *
 * @param wanted a name from the catalogue, of a bundled, fetched or registered model, or a file
 * @returns `name@version` of the wanted one; `wanted` as it is where only the store has it
 * @throws ProblemError `model-unreachable` where it cannot be fetched: without it, jobs that name no model are refused
 */
export async function registerModels(wanted: string, terminal: Terminal): Promise<string> {
  const { dataDir, env } = terminal;
  await using objects = openObjectStore(readObjectStoreConfig({ ...env, FQ_DATA_DIR: dataDir }));
  await objects.prepare();
  const folders = {
    cacheDir: join(dataDir, "models"),
    bundledDir: terminal.bundledModelsDir,
  };
  /** A version never changes: jobs that run keep it, and what they read of it must stay. */
  async function register(model: ModelPackage, by: Lineage["by"]): Promise<string> {
    const kept = await keptManifest(objects, model.ref.sha256);
    if (kept === undefined || isDeepStrictEqual(kept, model.manifest)) {
      // of what was there before lineage was kept, nothing is known
      await storeModel(objects, model, kept === undefined ? by : undefined);
      return versionName(model.manifest);
    }
    const name = versionName(kept);
    terminal.stderr.write(
      `${versionName(model.manifest)} is the file of ${name} with another manifest; ${name} stays as it is. ` +
        `To replace it: npm run models -- delete ${name.replace("@", " ")}\n`,
    );
    return name;
  }
  const here = await listModels(folders);
  // First those that are here anyway: a system that lacks the wanted one is to have what it can.
  for (const { name, origin, present } of here) {
    if (!present || name === wanted) continue;
    const folder = origin === "bundled" ? folders.bundledDir : folders.cacheDir;
    await register(await loadModelPackage(join(folder, name)), BROUGHT_BY[origin]);
  }
  const chosen = await chooseModel(wanted, objects, terminal);
  if (chosen === undefined) return wanted;
  const origin = here.find(({ name }) => name === wanted)?.origin;
  return await register(chosen, origin === undefined ? "file" : BROUGHT_BY[origin]);
}

/** The model of this machine, else none where the store has it, else the fetched one. */
async function chooseModel(
  wanted: string,
  objects: ObjectStore,
  terminal: Terminal,
): Promise<ModelPackage | undefined> {
  try {
    return await findModel(wanted, terminal, undefined, false);
  } catch (error) {
    if (!(error instanceof ProblemError) || error.code !== "model-not-found") throw error;
  }
  if (await isRegistered(objects, wanted)) return undefined;
  try {
    return await findModel(wanted, terminal);
  } catch (error) {
    if (!(error instanceof ProblemError) || error.code !== "model-unreachable") throw error;
    throw new ProblemError(
      "model-unreachable",
      `${error.message} Until then no job could do without naming another model. ` +
        "The bundled one needs no network: FQ_DEFAULT_MODEL=starter-detector.",
      { ...(error.at === undefined ? {} : { at: error.at }), cause: error.cause },
    );
  }
}

/** Whether the API finds a model by this: a name, `name@version`, or an alias. */
async function isRegistered(objects: ObjectStore, wanted: string): Promise<boolean> {
  const all = await registeredModels(objects);
  if (all.some(({ name, version }) => wanted === name || wanted === `${name}@${version}`)) {
    return true;
  }
  const [, name, alias] = /^([a-z0-9][a-z0-9._-]*)@(stable|canary)$/.exec(wanted) ?? [];
  if (name === undefined) return false;
  const aliases = await readAliases(objects, name);
  return alias === "stable" ? aliases !== undefined : aliases?.canary !== undefined;
}

/** What is registered of a file; undefined where nothing is, or nothing that this version of the product can read. */
async function keptManifest(
  objects: ObjectStore,
  sha256: string,
): Promise<ModelManifest | undefined> {
  const key = modelKeys(sha256).manifest;
  try {
    return parseManifest(await getSealed(objects, key), key);
  } catch (error) {
    const isNone =
      isLoss(error) || (error instanceof ProblemError && error.code === "manifest-invalid");
    if (isNone) return undefined;
    throw error;
  }
}

function versionName({ name, version }: ModelManifest): string {
  return `${name}@${version}`;
}
