import { randomBytes } from "node:crypto";
import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ProblemError } from "@framequeue/contracts";
import type { CatalogueEntry } from "./catalogue.ts";
import { CATALOGUE } from "./catalogue.ts";
import { download } from "./download.ts";
import { fileSha256 } from "./file-sha256.ts";

export interface PullOptions {
  /** Folder of fetched models; each gets a folder of its name in it. */
  readonly cacheDir: string;
  /** A mirror that serves `<baseUrl>/<name>/model.onnx`, instead of the address in the catalogue. */
  readonly baseUrl?: string | undefined;
  /** Where the settings of a proxy are looked up: `process.env`, usually. No proxy is used by default. */
  readonly proxyEnv?: NodeJS.ProcessEnv | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((received: number, total: number) => void) | undefined;
  /** Gives up when nothing was received for so long; 30 s by default. */
  readonly idleMs?: number | undefined;
  readonly catalogue?: readonly CatalogueEntry[] | undefined;
}

/**
 * Makes sure that a model of the catalogue lies in the cache, whole and unchanged, and fetches it if not.
 *
 * @returns the model package's folder
 * @throws ProblemError `model-not-found` for an unknown name, `model-unreachable` if it cannot be fetched,
 * `model-invalid` if what is served is another file; the signal's reason if that aborts
 */
export async function pullModel(name: string, options: PullOptions): Promise<string> {
  const { cacheDir, baseUrl, catalogue = CATALOGUE } = options;
  const entry = catalogue.find((candidate) => candidate.name === name);
  if (entry === undefined) {
    const known = catalogue.map((candidate) => candidate.name).join(", ");
    throw new ProblemError("model-not-found", `There is no model ${name}. There are: ${known}.`);
  }
  const folder = join(cacheDir, name);
  if (await isCached(entry, cacheDir)) return folder;
  const url = new URL(
    baseUrl === undefined ? entry.url : `${baseUrl.replace(/\/$/, "")}/${name}/model.onnx`,
  );
  try {
    await download(url, join(folder, entry.manifest.file), {
      sha256: entry.sha256,
      bytes: entry.bytes,
      proxyEnv: options.proxyEnv ?? {},
      signal: options.signal ?? new AbortController().signal,
      idleMs: options.idleMs ?? 30_000,
      onProgress: options.onProgress,
    });
  } catch (error) {
    if (!(error instanceof ProblemError) || error.code !== "model-unreachable") throw error;
    throw new ProblemError(
      "model-unreachable",
      `The model ${name} could not be fetched from ${url.origin}: ${error.message}. ` +
        `Where there is a network, npm run models -- pull ${name} fetches it; copy the folder that it prints to ${folder}. ` +
        "Or take an .onnx of your own: a FILE can stand wherever a model's NAME can.",
      { at: url.href, cause: error.cause },
    );
  }
  await writeWhole(join(folder, "manifest.json"), manifestText(entry));
  return folder;
}

/** Whether the cache holds exactly what the catalogue means. */
export async function isCached(entry: CatalogueEntry, cacheDir: string): Promise<boolean> {
  const folder = join(cacheDir, entry.name);
  try {
    const model = join(folder, entry.manifest.file);
    if ((await stat(model)).size !== entry.bytes) return false;
    const manifest = await readFile(join(folder, "manifest.json"), "utf8");
    return manifest === manifestText(entry) && (await fileSha256(model)) === entry.sha256;
  } catch {
    // whatever cannot be read is fetched again
    return false;
  }
}

function manifestText(entry: CatalogueEntry): string {
  return `${JSON.stringify(entry.manifest, null, 2)}\n`;
}

async function writeWhole(file: string, text: string): Promise<void> {
  const part = `${file}.${randomBytes(6).toString("hex")}.part`;
  await writeFile(part, text);
  await rename(part, file);
}
