import { mkdir, open, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { batchHeaderSchema, newToken, ProblemError } from "@framequeue/contracts";
import { createBufferPool } from "./buffer-pool.ts";
import { payloadMatches } from "./checksum.ts";
import type { FrameBatch, FrameStore } from "./frame-store.ts";

const PARTIAL = "~";
/** Pixels are for the owner and, as far as the umask lets it, the group. */
const FOLDER_MODE = 0o770;
const FILE_MODE = 0o660;

/**
 * Pixels in a folder, best on a memory file system: for services on one host. A file is the length of the header as
 * a 32-bit little-endian number, the header as JSON, the pixels.
 */
export function createFileFrameStore(root: string): FrameStore {
  const pathOf = (key: string): string => join(root, ...key.split("/"));
  const pool = createBufferPool();
  return {
    kind: "file",
    allocate: (bytes) => pool.take(bytes),
    discard: (pixels) => pool.give(pixels),
    discardRead: ({ pixels }) => pool.give(pixels),

    async put(key, { header, pixels }) {
      const path = pathOf(key);
      const folder = dirname(path);
      const partial = `${path}.${newToken()}${PARTIAL}`;
      const head = Buffer.from(JSON.stringify(header));
      const length = Buffer.alloc(4);
      length.writeUInt32LE(head.length);
      try {
        await using file = await openInFolder(folder, partial);
        for (const part of [Buffer.concat([length, head]), new Uint8Array(pixels)]) {
          await writeAll(file, part);
        }
        await rename(partial, path);
        return "copied";
      } catch (error) {
        await rm(partial, { force: true });
        throw roomError(error);
      }
    },

    async get(key) {
      let file;
      try {
        file = await open(pathOf(key), "r");
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
      await using opened = file;
      const { size } = await opened.stat();
      const length = Buffer.alloc(4);
      if (size < 4 || !(await readAll(opened, length, 0))) return undefined;
      const headLength = length.readUInt32LE();
      if (4 + headLength > size) return undefined;
      const head = Buffer.alloc(headLength);
      if (!(await readAll(opened, head, 4))) return undefined;
      const header = parseHeader(head);
      if (header === undefined) return undefined;
      const pixels = pool.take(size - 4 - headLength);
      if (!(await readAll(opened, new Uint8Array(pixels), 4 + headLength))) return undefined;
      const batch: FrameBatch = { header, pixels };
      return payloadMatches(batch) ? batch : undefined;
    },

    async delete(key) {
      const path = pathOf(key);
      await rm(path, { force: true });
      await removeEmptyFolders(dirname(path), root);
    },

    async deletePrefix(prefix) {
      const path = pathOf(prefix);
      await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
      await removeEmptyFolders(dirname(path), root);
    },

    async *list(prefix) {
      let names: string[];
      try {
        names = await readdir(prefix === undefined ? root : pathOf(prefix), { recursive: true });
      } catch (error) {
        if (isMissing(error)) return;
        throw error;
      }
      for (const name of names) {
        const key = prefix === undefined ? name : `${prefix}/${name}`;
        if (key.split("/").length === 4 && !key.endsWith(PARTIAL)) yield key;
      }
    },

    async [Symbol.asyncDispose]() {},
  };
}

type Handle = Awaited<ReturnType<typeof open>>;

/** Makes the folder when it is missing; a delete of the last neighbour can take it away again and again. */
async function openInFolder(folder: string, path: string): Promise<Handle> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await open(path, "w", FILE_MODE);
    } catch (error) {
      if (!isMissing(error) || attempt === 5) throw error;
      await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    }
  }
}

async function writeAll(file: Handle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += (await file.write(bytes, at, bytes.length - at)).bytesWritten;
  }
}

async function readAll(file: Handle, into: Uint8Array, position: number): Promise<boolean> {
  for (let at = 0; at < into.length;) {
    const { bytesRead } = await file.read(into, at, into.length - at, position + at);
    if (bytesRead === 0) return false;
    at += bytesRead;
  }
  return true;
}

function parseHeader(head: Buffer): FrameBatch["header"] | undefined {
  try {
    return batchHeaderSchema.parse(JSON.parse(head.toString()));
  } catch {
    return undefined;
  }
}

/** The folders of the batch, the epoch and the job go when they are empty. */
async function removeEmptyFolders(folder: string, root: string): Promise<void> {
  for (let at = folder; at.length > root.length && at.startsWith(root); at = dirname(at)) {
    try {
      await rmdir(at);
    } catch {
      return;
    }
  }
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ENOTDIR";
}

function roomError(error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new ProblemError("store-full", "The frame store has no room left.", { cause: error });
  }
  return error;
}
