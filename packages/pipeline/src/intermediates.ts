import { createHash } from "node:crypto";
import type { JobId } from "@framequeue/contracts";
import type { ObjectStore } from "@framequeue/storage";
import { objectKeys } from "./keys.ts";

/**
 * Puts an object under a key made of its content's hash, and answers the key. Doing the same work twice writes the same
 * object, so a repeated delivery can neither harm nor be told apart.
 */
export async function putIntermediate(
  objects: ObjectStore,
  job: JobId,
  epoch: string,
  kind: string,
  body: string | Uint8Array,
): Promise<string> {
  const hash = createHash("sha256").update(body).digest("hex").slice(0, 32);
  const key = objectKeys.intermediate(job, epoch, kind, hash);
  await objects.put(key, body);
  return key;
}
