import { rmSync } from "node:fs";
import { lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atExit } from "./at-exit.ts";
import { isAlive, MARK_FILE, readMark, writeMark } from "./process-mark.ts";

export interface TempFolder extends AsyncDisposable {
  readonly path: string;
  /** Leaves it to people who want to look into it: nothing removes it any more. */
  keep(): Promise<void>;
}

/** What `openTempFolder` calls its folders. Short: sockets lie in some of them, and their paths may have 104 bytes. */
const NAME = /^fq-[a-z]+-[A-Za-z0-9]{6}$/;

/**
 * A folder for one piece of work. It goes with the work, with the process where that exits in haste, and with the next
 * sweep where it was killed.
 *
 * @param what lower-case letters, for people who find it
 * @param base the folder it lies in; that for temporary files unless said otherwise
 */
export async function openTempFolder(what: string, base = tmpdir()): Promise<TempFolder> {
  const path = await mkdtemp(join(base, `fq-${what}-`));
  const exit = atExit(() => rmSync(path, { recursive: true, force: true, maxRetries: 2 }));
  await writeMark(path);
  let isKept = false;
  return {
    path,
    async keep() {
      isKept = true;
      exit[Symbol.dispose]();
      await rm(join(path, MARK_FILE), { force: true });
    },
    async [Symbol.asyncDispose]() {
      if (!isKept) await rm(path, { recursive: true, force: true });
      exit[Symbol.dispose]();
    },
  };
}

/**
 * Removes what killed processes left: folders of that name that this user owns, with the mark of a process that is gone.
 * To be called when a process starts. It never fails: what cannot be removed is somebody else's.
 */
export async function sweepTempFolders(base = tmpdir()): Promise<void> {
  const names = await readdir(base).catch(() => []);
  for (const name of names) {
    if (!NAME.test(name)) continue;
    const path = join(base, name);
    const found = await lstat(path).catch(() => undefined);
    if (!found?.isDirectory() || found.uid !== process.getuid?.()) continue;
    const mark = await readMark(path);
    if (mark === undefined || isAlive(mark)) continue;
    await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}
