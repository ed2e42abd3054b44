import { readFile } from "node:fs/promises";
import {
  type Lineage,
  modelKeys,
  type ModelRef,
  type Tuning,
  tuningKey,
  tuningSchema,
} from "@framequeue/contracts";
import { ObjectNotFound, type ObjectStore } from "@framequeue/storage";
import { putLineage } from "./model-records.ts";

/**
 * Puts a model into the object store, where every service finds it by its hash. Again is no fault.
 *
 * @param by what brings it, for its lineage; without it none is written
 */
export async function storeModel(
  objects: ObjectStore,
  model: { readonly ref: ModelRef; readonly file: string; readonly manifest: object },
  by?: Lineage["by"],
): Promise<ModelRef> {
  const keys = modelKeys(model.ref.sha256);
  if ((await objects.stat(keys.model)) === undefined) {
    await objects.put(keys.model, await readFile(model.file), { durable: true });
  }
  if (by !== undefined) await putLineage(objects, model.ref.sha256, { by });
  await objects.put(keys.manifest, JSON.stringify(model.manifest), { durable: true });
  return model.ref;
}

/** Remembers what was measured, for the model and the class of device that it names. */
export async function storeTuning(objects: ObjectStore, tuning: Tuning): Promise<void> {
  const key = tuningKey(tuning.sha256, tuning.class);
  await objects.put(key, JSON.stringify(tuning), { durable: true });
}

/** What was measured of a model on a class of device; undefined where nothing was, or nothing that can be read. */
export async function readTuning(
  objects: ObjectStore,
  sha256: string,
  numericClass: string,
): Promise<Tuning | undefined> {
  try {
    const text = (await objects.get(tuningKey(sha256, numericClass))).toString();
    return tuningSchema.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof ObjectNotFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
