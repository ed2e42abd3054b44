import { MODEL_TASKS, type ModelRef, modelRefSchema, roleOf } from "@framequeue/contracts";
import { ObjectNotFound, type ObjectStore } from "@framequeue/storage";

const MANIFEST = /^models\/([0-9a-f]{64})\/manifest\.json$/;

/** Every version in the object store; of each name the highest first. */
export async function registeredModels(objects: ObjectStore): Promise<ModelRef[]> {
  const found: ModelRef[] = [];
  for await (const key of objects.list("models")) {
    const sha256 = MANIFEST.exec(key)?.[1];
    if (sha256 === undefined) continue;
    const model = await readRef(objects, key, sha256);
    if (model !== undefined) found.push(model);
  }
  const order = new Intl.Collator("en", { numeric: true });
  return found.sort(
    (a, b) => order.compare(b.version, a.version) || (a.sha256 < b.sha256 ? -1 : 1),
  );
}

/** Undefined for one that was removed meanwhile or is not a manifest. */
async function readRef(
  objects: ObjectStore,
  key: string,
  sha256: string,
): Promise<ModelRef | undefined> {
  try {
    const manifest = JSON.parse((await objects.get(key)).toString()) as { task?: unknown };
    const task = MODEL_TASKS.find((each) => each === manifest.task);
    if (task === undefined) return undefined;
    const { data } = modelRefSchema.safeParse({ ...manifest, role: roleOf(task), sha256 });
    return data;
  } catch (error) {
    if (error instanceof ObjectNotFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
