import { readFile } from "node:fs/promises";
import { modelKeys, type ModelRef } from "@framequeue/contracts";
import type { ObjectStore } from "@framequeue/storage";

/** Puts a model into the object store, where every service finds it by its hash. Again is no fault. */
export async function storeModel(
  objects: ObjectStore,
  model: { readonly ref: ModelRef; readonly file: string; readonly manifest: object },
): Promise<ModelRef> {
  const keys = modelKeys(model.ref.sha256);
  if ((await objects.stat(keys.model)) === undefined) {
    await objects.put(keys.model, await readFile(model.file), { durable: true });
  }
  await objects.put(keys.manifest, JSON.stringify(model.manifest), { durable: true });
  return model.ref;
}
