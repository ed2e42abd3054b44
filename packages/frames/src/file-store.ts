import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { newToken, ProblemError } from "@framequeue/contracts";
import { createBufferPool } from "./buffer-pool.ts";
import { payloadMatches } from "./checksum.ts";
import type { FrameBatch, FrameStore } from "./frame-store.ts";
import { FOLDER_MODE } from "./frames-folder.ts";
import {
  isMissing,
  keyParts,
  payloadsBelow,
  readAll,
  readHeader,
  removePayloads,
} from "./payload-files.ts";

const PARTIAL = "~";
const FILE_MODE = 0o660;

/**
 * Pixels in a folder, best on a memory file system: for services on one host. A file is the length of the header as
 * a 32-bit little-endian number, the header as JSON, the pixels. Only such files are ever listed or deleted.
 */
export function createFileFrameStore(root: string): FrameStore {
  const pathOf = (key: string): string => join(root, ...keyParts(key));
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
      const head = await readHeader(opened, size);
      if (head === undefined) return undefined;
      const { header, at } = head;
      const pixels = pool.take(size - at);
      if (!(await readAll(opened, new Uint8Array(pixels), at))) return undefined;
      const batch: FrameBatch = { header, pixels };
      return payloadMatches(batch) ? batch : undefined;
    },

    async delete(key) {
      await removePayloads(root, keyParts(key));
    },

    async deletePrefix(prefix) {
      await removePayloads(root, keyParts(prefix));
    },

    list: (prefix) => payloadsBelow(root, prefix === undefined ? [] : keyParts(prefix)),

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

function roomError(error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new ProblemError("store-full", "The frame store has no room left.", { cause: error });
  }
  return error;
}
