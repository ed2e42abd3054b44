import { join } from "node:path";
import { type ModelPackage, resolveModel } from "@framequeue/models";
import type { Terminal } from "../text/terminal.ts";

/**
 * The model of that name or file, as every command looks for it: bundled, fetched before, or fetched now. What had to be
 * assumed about it is told.
 *
 * @param manifest file that describes it, in place of one beside it
 * @param allowPull false: `model-not-found` where it would have to be fetched
 */
export async function findModel(
  nameOrFile: string,
  terminal: Terminal,
  manifest?: string,
  allowPull = true,
): Promise<ModelPackage> {
  const model = await resolveModel(nameOrFile, {
    cwd: terminal.cwd,
    cacheDir: join(terminal.dataDir, "models"),
    bundledDir: terminal.bundledModelsDir,
    allowPull,
    proxyEnv: terminal.env,
    signal: terminal.signal,
    manifest,
    onProgress: terminal.onDownload,
  });
  for (const assumption of model.assumptions) terminal.stderr.write(`${assumption}\n`);
  return model;
}
