import { rmSync } from "node:fs";
import { lstat, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { atExit } from "./at-exit.ts";
import { hasTornMark, isAlive, type ProcessMark, readMark, writeMark } from "./process-mark.ts";

/** A place in which one process at a time works. */
export interface FolderClaim extends AsyncDisposable {
  /** For what is not finished: it is on the same file system as what lies beside it. Removed with the claim. */
  readonly path: string;
}

/** Another process holds the place. */
export class FolderTaken extends Error {
  override readonly name = "FolderTaken";
  readonly holder: ProcessMark;

  constructor(holder: ProcessMark) {
    super(`process ${holder.pid} works there`);
    this.holder = holder;
  }
}

/** Tries before a claim that comes and goes is given up. */
const ATTEMPTS = 20;

/**
 * Makes the folder `name` in `parent`, which only one process can have at a time: it appears with the mark in it, by a
 * rename that fails where there is one. The claim of a process that is gone, by a power cut too, is removed, and with it
 * what it left.
 *
 * @throws FolderTaken where another process holds it; what the file system answers where it cannot be made
 */
export async function claimFolder(parent: string, name: string): Promise<FolderClaim> {
  const path = join(parent, name);
  const made = await mkdtemp(`${path}-`);
  try {
    await writeMark(made);
    for (let attempt = 1; ; attempt++) {
      try {
        await rename(made, path);
        break;
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if ((code !== "ENOTEMPTY" && code !== "EEXIST") || attempt === ATTEMPTS) throw error;
      }
      const holder = await readMark(path);
      // Without a mark it is about to go, or nobody's of ours: that it stays is told by the rename.
      if (holder === undefined && !(await hasTornMark(path))) continue;
      if (holder !== undefined && isAlive(holder)) throw new FolderTaken(holder);
      await rm(path, { recursive: true, force: true });
    }
    await sweepHalfMade(parent, name);
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    throw error;
  }
  const exit = atExit(() => rmSync(path, { recursive: true, force: true, maxRetries: 2 }));
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
      exit[Symbol.dispose]();
    },
  };
}

/** What a process left that was killed before its folder had the name. */
async function sweepHalfMade(parent: string, name: string): Promise<void> {
  for (const entry of await readdir(parent)) {
    if (!entry.startsWith(`${name}-`)) continue;
    const path = join(parent, entry);
    const found = await lstat(path).catch(() => undefined);
    if (!found?.isDirectory()) continue;
    const mark = await readMark(path);
    if (mark !== undefined && !isAlive(mark)) await rm(path, { recursive: true, force: true });
  }
}
