import { readFile } from "node:fs/promises";
import {
  type Lineage,
  modelKeys,
  type ModelRef,
  type Tuning,
  tuningKey,
  tuningSchema,
} from "@framequeue/contracts";
import { getSealed, isLoss, objectSha256, type ObjectStore, putSealed } from "@framequeue/storage";
import { putManifest } from "../jobs/manifest-record.ts";
import { putLineage } from "./model-records.ts";

/**
 * Puts a model into the object store, where every service finds it by its hash. Again is no fault, and mends what is
 * damaged.
 *
 * @param by what brings it, for its lineage; without it none is written
 */
export async function storeModel(
  objects: ObjectStore,
  model: { readonly ref: ModelRef; readonly file: string; readonly manifest: object },
  by?: Lineage["by"],
): Promise<ModelRef> {
  const keys = modelKeys(model.ref.sha256);
  if ((await objectSha256(objects, keys.model)) !== model.ref.sha256) {
    await objects.put(keys.model, await readFile(model.file), { durable: true });
  }
  if (by !== undefined) await putLineage(objects, model.ref, { by });
  await putManifest(objects, model.ref.sha256, model.manifest);
  return model.ref;
}

/** Remembers what was measured, for the model and the class of device that it names. */
export async function storeTuning(objects: ObjectStore, tuning: Tuning): Promise<void> {
  const key = tuningKey(tuning.sha256, tuning.class);
  await putSealed(objects, key, tuning, { durable: true });
}

/** What was measured of a model on a class of device; undefined where nothing was, or nothing that can be read. */
export async function readTuning(
  objects: ObjectStore,
  sha256: string,
  numericClass: string,
): Promise<Tuning | undefined> {
  try {
    const found = await getSealed(objects, tuningKey(sha256, numericClass));
    return tuningSchema.safeParse(found).data;
  } catch (error) {
    if (isLoss(error)) return undefined;
    throw error;
  }
}
