import type { Dirent, Stats } from "node:fs";
import { lstat, open, readdir, rmdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type BatchHeader, batchHeaderSchema, jobIdSchema } from "@framequeue/contracts";
import { PAYLOAD_VARIANTS } from "./frame-store.ts";

/** The names on the way to a payload, from the root on: `J/ep/s.b/a`. */
const LEVELS: readonly ((name: string) => boolean)[] = [
  (job) => jobIdSchema.safeParse(job).success,
  (epoch) => /^[A-Za-z0-9]{1,40}$/.test(epoch),
  (batch) => /^\d{1,15}\.\d{1,15}$/.test(batch),
  (file) => PAYLOAD_VARIANTS.some((variant) => variant === file),
];
/** A payload that is being written: its name, something random, and `~`. */
const PARTIAL = /^([a-z])\.[A-Za-z0-9]{1,40}~$/;
/** Real headers take a few kilobytes. */
const MOST_HEADER_BYTES = 1 << 22;
/** A writer that has not heard of the end yet may put something in between. */
const PASSES = 5;

/** The parts of a key or of its beginning. Throws TypeError for what cannot be one, such as `..`. */
export function keyParts(key: string): string[] {
  const parts = key.split("/");
  if (parts.length > LEVELS.length || !parts.every((part, level) => LEVELS[level]!(part))) {
    throw new TypeError(`Not a key of pixels: ${JSON.stringify(key.slice(0, 100))}`);
  }
  return parts;
}

/** Keys of the payloads below a folder of the store. What is not ours, and what lies behind a link, has none. */
export async function* payloadsBelow(
  root: string,
  parts: readonly string[],
): AsyncGenerator<string> {
  if (!(await isReached(root, parts))) return;
  for await (const { below, path, isPartial } of filesBelow(root, parts)) {
    if (!isPartial && (await isOurs(path))) yield below.join("/");
  }
}

/**
 * Removes one payload, or all below a folder of the store, and the folders that are empty then. Only files go that are
 * named like payloads, are reached without a link, and say of themselves that they are pixels of ours (or are empty, as
 * a writer that was killed leaves them). Whatever else somebody put there stays.
 */
export async function removePayloads(root: string, parts: readonly string[]): Promise<void> {
  const path = join(root, ...parts);
  if (parts.length === LEVELS.length) {
    if (await isReached(root, parts.slice(0, -1))) await removeOurs(path);
    return removeEmptyFolders(dirname(path), root);
  }
  for (let pass = 1, removed = 1; removed > 0 && pass <= PASSES; pass++) {
    if (!(await isReached(root, parts))) break;
    removed = 0;
    for await (const file of filesBelow(root, parts)) {
      if (await removeOurs(file.path)) removed++;
      await removeEmptyFolders(dirname(file.path), path);
    }
  }
  await removeEmptyFolders(path, root);
}

/** The header of a payload's file, which is the length as a 32-bit little-endian number and JSON; undefined for any other. */
export async function readHeader(
  file: Awaited<ReturnType<typeof open>>,
  size: number,
): Promise<{ header: BatchHeader; at: number } | undefined> {
  const length = Buffer.alloc(4);
  if (size < 4 || !(await readAll(file, length, 0))) return undefined;
  const headLength = length.readUInt32LE();
  if (headLength > Math.min(size - 4, MOST_HEADER_BYTES)) return undefined;
  const head = Buffer.alloc(headLength);
  if (!(await readAll(file, head, 4))) return undefined;
  try {
    return { header: batchHeaderSchema.parse(JSON.parse(head.toString())), at: 4 + headLength };
  } catch {
    return undefined;
  }
}

export async function readAll(
  file: Awaited<ReturnType<typeof open>>,
  into: Uint8Array,
  position: number,
): Promise<boolean> {
  for (let at = 0; at < into.length;) {
    const { bytesRead } = await file.read(into, at, into.length - at, position + at);
    if (bytesRead === 0) return false;
    at += bytesRead;
  }
  return true;
}

interface FoundFile {
  /** The parts of its key. */
  readonly below: readonly string[];
  readonly path: string;
  readonly isPartial: boolean;
}

/** Regular files that are named like payloads, whole or partial. No link is followed. */
async function* filesBelow(root: string, parts: readonly string[]): AsyncGenerator<FoundFile> {
  const isLast = parts.length === LEVELS.length - 1;
  const isName = LEVELS[parts.length]!;
  for (const entry of await entriesOf(join(root, ...parts))) {
    const path = join(root, ...parts, entry.name);
    const partial = isLast ? PARTIAL.exec(entry.name)?.[1] : undefined;
    const name = partial ?? entry.name;
    if (!isName(name)) continue;
    const below = [...parts, name];
    if (!isLast && entry.isDirectory()) yield* filesBelow(root, below);
    if (isLast && entry.isFile()) yield { below, path, isPartial: partial !== undefined };
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Whether folders alone, and no link, lead there. */
async function isReached(root: string, parts: readonly string[]): Promise<boolean> {
  for (let depth = 1; depth <= parts.length; depth++) {
    const found = await lstatOf(join(root, ...parts.slice(0, depth)));
    if (!found?.isDirectory()) return false;
  }
  return true;
}

async function removeOurs(path: string): Promise<boolean> {
  if (!(await isOurs(path))) return false;
  await unlink(path).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
  return true;
}

async function isOurs(path: string): Promise<boolean> {
  const found = await lstatOf(path);
  if (!found?.isFile()) return false;
  if (found.size === 0) return true;
  try {
    await using file = await open(path, "r");
    return (await readHeader(file, found.size)) !== undefined;
  } catch (error) {
    // Gone meanwhile, or not for us to read: then it is not ours either.
    if (isMissing(error) || codeOf(error) === "EACCES") return false;
    throw error;
  }
}

async function lstatOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** From the folder up to below the root, those that are empty. */
async function removeEmptyFolders(folder: string, root: string): Promise<void> {
  for (let at = folder; at.length > root.length && at.startsWith(root); at = dirname(at)) {
    try {
      await rmdir(at);
    } catch {
      return;
    }
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

export function isMissing(error: unknown): boolean {
  return codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR";
}
