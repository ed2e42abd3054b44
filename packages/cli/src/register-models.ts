import { join } from "node:path";
import { ProblemError } from "@framequeue/contracts";
import { listModels, loadModelPackage } from "@framequeue/models";
import { storeModel } from "@framequeue/pipeline";
import { readObjectStoreConfig } from "@framequeue/service";
import { openObjectStore } from "@framequeue/storage";
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
  const here = await listModels(folders);
  if (chosen !== undefined) {
    const origin = here.find(({ name }) => name === wanted)?.origin;
    await storeModel(objects, chosen, origin === undefined ? "file" : BROUGHT_BY[origin]);
  }
  for (const { name, origin, present } of here) {
    if (!present || name === chosen?.manifest.name) continue;
    const folder = origin === "bundled" ? folders.bundledDir : folders.cacheDir;
    await storeModel(objects, await loadModelPackage(join(folder, name)), BROUGHT_BY[origin]);
  }
  return chosen === undefined ? wanted : `${chosen.ref.name}@${chosen.ref.version}`;
}
