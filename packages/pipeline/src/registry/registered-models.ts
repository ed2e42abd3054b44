import { MODEL_TASKS, type ModelRef, modelRefSchema, roleOf } from "@framequeue/contracts";
import { getSealed, isLoss, ObjectDamaged, type ObjectStore } from "@framequeue/storage";
import { readLineage } from "./model-records.ts";

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

/**
 * Undefined for one that was removed meanwhile or is not a manifest. One whose manifest is damaged is still what its
 * lineage calls it: a job that names it is not to get another version without a word.
 */
async function readRef(
  objects: ObjectStore,
  key: string,
  sha256: string,
): Promise<ModelRef | undefined> {
  try {
    const manifest = (await getSealed(objects, key)) as { task?: unknown };
    const task = MODEL_TASKS.find((each) => each === manifest.task);
    if (task === undefined) return undefined;
    const { data } = modelRefSchema.safeParse({ ...manifest, role: roleOf(task), sha256 });
    return data;
  } catch (error) {
    if (!isLoss(error)) throw error;
    const of =
      error instanceof ObjectDamaged ? (await readLineage(objects, sha256))?.of : undefined;
    return of && { ...of, sha256 };
  }
}
