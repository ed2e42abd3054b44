import { createWriteStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { openTempFolder, type TempFolder } from "@framequeue/lifetime";
import type { LocalCopy } from "./object-store.ts";

/** Files that hold what objects of a distant store held, for programs that read files. */
export interface LocalCopies extends AsyncDisposable {
  /**
   * The content of that version of the object. `fetch` is called unless a copy is here or on its way; it is shared,
   * and what it throws comes out of every call that waits for it.
   */
  borrow(key: string, version: string, fetch: () => Readable): Promise<LocalCopy>;
}

interface Entry {
  readonly arrived: Promise<{ path: string; bytes: number }>;
  bytes: number;
  loans: number;
}

/**
 * Keeps copies in a folder of its own below the system's folder for temporary files. Those in use stay; of the others,
 * the ones used last, up to `keepBytes`: the segments of a video are decoded one after the other from the same file.
 */
export function createLocalCopies(keepBytes: number): LocalCopies {
  const entries = new Map<string, Entry>();
  let opened: Promise<TempFolder> | undefined;
  let made = 0;

  async function arrive(fetch: () => Readable): Promise<{ path: string; bytes: number }> {
    opened ??= openTempFolder("copies");
    const path = join((await opened).path, String(made++));
    try {
      await pipeline(fetch(), createWriteStream(path));
      return { path, bytes: (await stat(path)).size };
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }

  async function trim(): Promise<void> {
    const idle = [...entries].filter(([, entry]) => entry.loans === 0);
    let bytes = idle.reduce((sum, [, entry]) => sum + entry.bytes, 0);
    // The map's order is the order of use, oldest first.
    for (const [name, entry] of idle) {
      if (bytes <= keepBytes) return;
      if (entry.loans > 0) continue; // lent out again meanwhile
      bytes -= entry.bytes;
      entries.delete(name);
      const copy = await entry.arrived.catch(() => undefined);
      if (copy !== undefined) await rm(copy.path, { force: true });
    }
  }

  return {
    async borrow(key, version, fetch) {
      const name = `${key} ${version}`;
      const entry: Entry = entries.get(name) ?? { arrived: arrive(fetch), bytes: 0, loans: 0 };
      entries.delete(name);
      entries.set(name, entry);
      entry.loans++;
      const giveBack = async (): Promise<void> => {
        entry.loans--;
        await trim();
      };
      try {
        const { path, bytes } = await entry.arrived;
        entry.bytes = bytes;
        return { path, [Symbol.asyncDispose]: giveBack };
      } catch (error) {
        // The next one tries anew.
        if (entries.get(name) === entry) entries.delete(name);
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      entries.clear();
      await (await opened?.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  };
}
