import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { modelNameSchema, ProblemError } from "@framequeue/contracts";
import { CATALOGUE } from "./catalogue.ts";
import type { ModelPackage } from "./package.ts";
import { loadModelPackage } from "./package.ts";
import type { PullOptions } from "./pull.ts";
import { isCached, pullModel } from "./pull.ts";

export interface ResolveOptions extends PullOptions {
  /** Folder from which relative paths count. */
  readonly cwd: string;
  /** Folder of the models that come with the product, `<bundledDir>/<name>/manifest.json`. */
  readonly bundledDir?: string | undefined;
  /** A manifest that describes the model; relative to `cwd`. */
  readonly manifest?: string | undefined;
  /** Whether a model of the catalogue that is not here may be fetched. */
  readonly allowPull: boolean;
}

/**
 * Finds a model by what a user wrote: a file or folder that exists, a model that comes with the product, one of the
 * cache, or one of the catalogue, in that order.
 *
 * @throws ProblemError `model-not-found` naming the file, or the models that there are; and whatever
 * `loadModelPackage` and `pullModel` throw
 */
export async function resolveModel(
  nameOrFile: string,
  options: ResolveOptions,
): Promise<ModelPackage> {
  const { cwd, bundledDir, cacheDir, allowPull, catalogue = CATALOGUE } = options;
  const load = (path: string): Promise<ModelPackage> =>
    loadModelPackage(
      path,
      options.manifest === undefined ? {} : { manifest: resolve(cwd, options.manifest) },
    );
  const isName = modelNameSchema.safeParse(nameOrFile).success && !nameOrFile.endsWith(".onnx");
  const path = resolve(cwd, nameOrFile);
  // a folder that happens to have a model's name is not meant
  if (!isName || (await exists(join(path, "manifest.json"))) || (await isFile(path))) {
    return load(path);
  }
  if (bundledDir !== undefined && (await exists(join(bundledDir, nameOrFile, "manifest.json")))) {
    return load(join(bundledDir, nameOrFile));
  }
  const entry = catalogue.find(({ name }) => name === nameOrFile);
  if (entry === undefined) {
    if (await exists(join(cacheDir, nameOrFile, "manifest.json"))) {
      return load(join(cacheDir, nameOrFile));
    }
    const names = (await listModels(options)).map(({ name }) => name);
    throw new ProblemError(
      "model-not-found",
      `${nameOrFile} is neither a file nor a model's name. There are: ${names.join(", ")}.`,
    );
  }
  if (!allowPull && !(await isCached(entry, cacheDir))) {
    throw new ProblemError(
      "model-not-found",
      `The model ${nameOrFile} is not on this machine: npm run models -- pull ${nameOrFile} fetches it.`,
    );
  }
  return load(await pullModel(nameOrFile, options));
}

/** A model that has a name, and whether it is on this machine. */
export interface ListedModel {
  readonly name: string;
  readonly origin: "bundled" | "cache" | "catalogue";
  readonly present: boolean;
}

/** The models that can be named, by name. */
export async function listModels(
  options: Pick<ResolveOptions, "bundledDir" | "cacheDir" | "catalogue">,
): Promise<ListedModel[]> {
  const { bundledDir, cacheDir, catalogue = CATALOGUE } = options;
  const models = new Map<string, ListedModel>();
  const add = (model: ListedModel): void => {
    if (!models.has(model.name)) models.set(model.name, model);
  };
  for (const name of await packagesIn(bundledDir)) add({ name, origin: "bundled", present: true });
  for (const entry of catalogue) {
    const present = await isCached(entry, cacheDir);
    add({ name: entry.name, origin: "catalogue", present });
  }
  for (const name of await packagesIn(cacheDir)) add({ name, origin: "cache", present: true });
  return [...models.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function packagesIn(folder: string | undefined): Promise<string[]> {
  if (folder === undefined || !(await exists(folder))) return [];
  const names: string[] = [];
  for (const name of await readdir(folder)) {
    if (await exists(join(folder, name, "manifest.json"))) names.push(name);
  }
  return names;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
