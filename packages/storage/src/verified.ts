import { createHash } from "node:crypto";
import { pipeline } from "node:stream/promises";
import { ObjectNotFound, type ObjectStore, type PutOptions } from "./object-store.ts";

/** The object is there, and is not what was put. */
export class ObjectDamaged extends Error {
  override readonly name = "ObjectDamaged";
  readonly key: string;
  constructor(key: string, why: string, options?: ErrorOptions) {
    super(`The object ${key} is damaged: ${why}`, options);
    this.key = key;
  }
}

/** Whether the error says that the object is gone, or not what was put. */
export function isLoss(error: unknown): error is ObjectNotFound | ObjectDamaged {
  return error instanceof ObjectNotFound || error instanceof ObjectDamaged;
}

/** So many characters of a sha256 stand in the name of an object that is named by its content. */
const NAME_LENGTH = 32;

export function contentName(body: string | Uint8Array): string {
  return sha256Of(body).slice(0, NAME_LENGTH);
}

/**
 * The content of an object whose key ends in its {@link contentName}.
 *
 * @throws ObjectNotFound
 * @throws ObjectDamaged
 */
export async function getNamed(objects: ObjectStore, key: string): Promise<Buffer> {
  const body = await objects.get(key);
  if (!key.endsWith(`/${contentName(body)}`)) {
    throw new ObjectDamaged(key, `its ${body.length} bytes are not those that it is named by.`);
  }
  return body;
}

/**
 * The last line of a sealed object: the sha256 of what stands before it, a space for each bit that is 0 and a tab for
 * each that is 1. Blanks, because then the object is JSON to whoever reads it, of whatever version and schema.
 */
const SEAL = /\n[ \t]{256}$/;

/** JSON under a key that says nothing of its content, with a seal by which a read knows it for what was put. */
export async function putSealed(
  objects: ObjectStore,
  key: string,
  value: unknown,
  options?: PutOptions,
): Promise<void> {
  const text = JSON.stringify(value);
  await objects.put(key, text + sealOf(text), options);
}

/**
 * What {@link putSealed} put, or what another version put without a seal, as far as that is JSON. Errors quote nothing
 * of it: there may be secrets in it.
 *
 * @throws ObjectNotFound
 * @throws ObjectDamaged
 */
export async function getSealed(objects: ObjectStore, key: string): Promise<unknown> {
  const body = await objects.get(key);
  const sealed = body.toString();
  const seal = SEAL.exec(sealed);
  if (seal !== null && sealOf(sealed.slice(0, seal.index)) !== seal[0]) {
    throw new ObjectDamaged(key, "it does not fit its seal.");
  }
  try {
    return JSON.parse(sealed);
  } catch {
    throw new ObjectDamaged(key, `its ${body.length} bytes are not JSON.`);
  }
}

function sealOf(text: string): string {
  const bits = BigInt(`0x${sha256Of(text)}`)
    .toString(2)
    .padStart(256, "0");
  return `\n${bits.replaceAll("0", " ").replaceAll("1", "\t")}`;
}

/** The sha256 of an object's content, in hexadecimal; undefined where there is no such object. */
export async function objectSha256(
  objects: Pick<ObjectStore, "stat" | "read">,
  key: string,
): Promise<string | undefined> {
  if ((await objects.stat(key)) === undefined) return undefined;
  const hash = createHash("sha256");
  await pipeline(objects.read(key), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) hash.update(chunk);
  });
  return hash.digest("hex");
}

function sha256Of(body: string | Uint8Array): string {
  return createHash("sha256").update(body).digest("hex");
}
