import { modelKeys, newJobId, ProblemError } from "@framequeue/contracts";
import { loadModelPackage, type ModelPackage, parseManifest } from "@framequeue/models";
import { readManifest } from "@framequeue/pipeline";
import { createModelResolver } from "@framequeue/service-api";
import { type ObjectStore, ObjectNotFound } from "@framequeue/storage";

/** Whether a name means a registered version: `yard@3`, `yard@stable`, `yard@canary`. */
export function namesVersion(name: string): boolean {
  return /^[a-z0-9][a-z0-9._-]*@[^/\\]+$/.test(name);
}

/**
 * The version that the services of this object store have under that name.
 *
 * @param resources keep the local copy of its file
 * @throws ProblemError `model-not-found`, `model-invalid` for a model that finds no objects
 */
export async function findVersion(
  name: string,
  objects: ObjectStore,
  resources: AsyncDisposableStack,
): Promise<ModelPackage> {
  const ref = await createModelResolver({ objects, defaultModel: name })(name, newJobId());
  const keys = modelKeys(ref.sha256);
  try {
    const file = resources.use(await objects.localCopy(keys.model));
    const manifest = parseManifest(await readManifest(objects, ref), ref.name);
    return await loadModelPackage(file.path, { manifest });
  } catch (cause) {
    if (!(cause instanceof ObjectNotFound)) throw cause;
    throw new ProblemError("model-not-found", `The file of ${name} is not in the store.`, {
      at: name,
      cause,
    });
  }
}
