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
import { storeModel } from "@framequeue/pipeline";
import { readObjectStoreConfig } from "@framequeue/service";
import { ObjectNotFound, type ObjectStore, openObjectStore } from "@framequeue/storage";
import { findModel } from "./find-model.ts";
import type { Terminal } from "./terminal.ts";

/** What brought a model to this machine, by where it is. */
const BROUGHT_BY = { bundled: "bundled", cache: "add", catalogue: "pull" } as const;

/**
 * Puts every model that is here into the object store, where services find them, and `wanted` too, which is fetched
 * where it has to be.
 *
 * @param wanted a name from the catalogue, of a bundled or fetched model, or a file
 * @returns `name@version` of the wanted one; `wanted` as it is where it cannot be fetched, which is said on stderr
 */
export async function registerModels(wanted: string, terminal: Terminal): Promise<string> {
  const { dataDir, env } = terminal;
  await using objects = openObjectStore(readObjectStoreConfig({ ...env, FQ_DATA_DIR: dataDir }));
  await objects.prepare();
  const folders = {
    cacheDir: join(dataDir, "models"),
    bundledDir: terminal.bundledModelsDir,
  };
  const chosen = await findModel(wanted, terminal).catch((error: unknown) => {
    if (!(error instanceof ProblemError) || error.code !== "model-unreachable") throw error;
    // The system is of use without it: jobs can name another model.
    terminal.stderr.write(`${error.message}\n`);
    return undefined;
  });
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
  let registered = wanted;
  if (chosen !== undefined) {
    const origin = here.find(({ name }) => name === wanted)?.origin;
    registered = await register(chosen, origin === undefined ? "file" : BROUGHT_BY[origin]);
  }
  for (const { name, origin, present } of here) {
    if (!present || name === chosen?.manifest.name) continue;
    const folder = origin === "bundled" ? folders.bundledDir : folders.cacheDir;
    await register(await loadModelPackage(join(folder, name)), BROUGHT_BY[origin]);
  }
  return registered;
}

/** What is registered of a file; undefined where nothing is, or nothing that this version of the product can read. */
async function keptManifest(
  objects: ObjectStore,
  sha256: string,
): Promise<ModelManifest | undefined> {
  const key = modelKeys(sha256).manifest;
  try {
    return parseManifest(JSON.parse((await objects.get(key)).toString()), key);
  } catch (error) {
    const isNone =
      error instanceof ObjectNotFound ||
      error instanceof SyntaxError ||
      (error instanceof ProblemError && error.code === "manifest-invalid");
    if (isNone) return undefined;
    throw error;
  }
}

function versionName({ name, version }: ModelManifest): string {
  return `${name}@${version}`;
}
