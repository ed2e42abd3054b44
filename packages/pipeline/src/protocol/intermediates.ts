import type { JobId } from "@framequeue/contracts";
import { contentName, getNamed, getSealed, isLoss, type ObjectStore } from "@framequeue/storage";
import type { z } from "zod";
import { objectKeys } from "../ledger/keys.ts";

/**
 * What a step of the job left for those behind it is gone, or is not what it left: a disk that forgets, a power cut
 * before it was written. No step goes on from it; the job makes it again, see `remake`.
 */
export class IntermediateLost extends Error {
  override readonly name = "IntermediateLost";
  readonly key: string;
  constructor(key: string, options?: ErrorOptions) {
    super(`The object ${key} is not what was left there.`, options);
    this.key = key;
  }
}

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
  const key = objectKeys.intermediate(job, epoch, kind, contentName(body));
  await objects.put(key, body);
  return key;
}

/**
 * What {@link putIntermediate} put.
 *
 * @throws IntermediateLost
 */
export function readIntermediate(objects: ObjectStore, key: string): Promise<Buffer> {
  return orLost(key, () => getNamed(objects, key));
}

/**
 * The same as JSON.
 *
 * @throws IntermediateLost
 */
export async function readIntermediateJson<T>(
  objects: ObjectStore,
  key: string,
  schema: z.ZodType<T>,
): Promise<T> {
  return schema.parse(JSON.parse((await readIntermediate(objects, key)).toString()));
}

/**
 * A sealed object of the job's own.
 *
 * @throws IntermediateLost also where it is nothing that the schema knows
 */
export async function readSealedJson<T>(
  objects: ObjectStore,
  key: string,
  schema: z.ZodType<T>,
): Promise<T> {
  const { data, error } = schema.safeParse(await orLost(key, () => getSealed(objects, key)));
  if (error !== undefined) throw new IntermediateLost(key, { cause: error });
  return data;
}

/** Undefined for what is lost, for those who can do without. */
export async function unlessLost<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof IntermediateLost) return undefined;
    throw error;
  }
}

/** @throws IntermediateLost for an object that is gone or damaged */
export async function orLost<T>(key: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isLoss(error)) throw new IntermediateLost(key, { cause: error });
    throw error;
  }
}
