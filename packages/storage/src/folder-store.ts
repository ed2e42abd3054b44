import { createReadStream, createWriteStream, type Dirent } from "node:fs";
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  open,
  opendir,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { newToken, ProblemError } from "@framequeue/contracts";
import { createByteMeter } from "./byte-meter.ts";
import { checkKey, checkNewKey, type ObjectStore, ObjectNotFound } from "./object-store.ts";
import { unfinishedFiles } from "./unfinished-files.ts";

/** Half-written objects have this ending until they are renamed; no key can end so, since `~` is no key character. */
const PARTIAL = "~";

/**
 * For nobody but the owner and, as far as the process's umask lets it, the group: services of several users can share a
 * volume by their group.
 */
const FOLDER_MODE = 0o770;
const FILE_MODE = 0o660;

/**
 * An object store in a folder. Each object is a file that is written beside its place and then renamed into it. The
 * folder and what lies directly in it may be links, to other disks; through any other link nothing is deleted.
 */
export function createFolderStore(root: string): ObjectStore {
  const pathOf = (key: string): string => join(root, ...checkKey(key).split("/"));

  async function place(
    key: string,
    durable: boolean,
    write: (partial: string) => Promise<void>,
  ): Promise<void> {
    const path = pathOf(checkNewKey(key));
    const partial = `${path}.${newToken()}${PARTIAL}`;
    try {
      await inFolder(dirname(path), () => write(partial));
      if (durable) await sync(partial);
      await inFolder(dirname(path), () => rename(partial, path));
      if (durable) await syncFolders(dirname(path), root);
    } catch (error) {
      // A store that can only be read says so of this too, and what failed first is what counts.
      await rm(partial, { force: true }).catch(() => {});
      throw storeError(error);
    }
  }

  return {
    put: (key, body, options = {}) =>
      place(key, options.durable ?? false, async (partial) => {
        await using file = await open(partial, "w", FILE_MODE);
        await file.writeFile(body);
      }),

    async putStream(key, body, options = {}) {
      const meter = createByteMeter(options.limitBytes);
      // A stream cannot be read a second time, so the folder must be there the first time.
      await makeFolder(dirname(pathOf(checkNewKey(key)))).catch((error: unknown) => {
        throw storeError(error);
      });
      await place(key, true, (partial) => {
        const sink = createWriteStream(partial, { mode: FILE_MODE });
        return pipeline(
          body,
          meter.stream,
          sink,
          ...(options.signal ? [{ signal: options.signal }] : []),
        );
      });
      return meter.total();
    },

    putFile: (key, path) =>
      place(key, true, async (partial) => {
        try {
          await rename(path, partial);
        } catch (error) {
          if (codeOf(error) !== "EXDEV") throw error;
          await copyFile(path, partial);
          await rm(path, { force: true });
        }
        // Whoever wrote the file may have let everybody read it.
        await chmod(partial, (await stat(partial)).mode & FILE_MODE);
      }),

    async get(key) {
      try {
        return await readFile(pathOf(key));
      } catch (error) {
        throw isMissing(error) ? new ObjectNotFound(key) : storeError(error);
      }
    },

    async stat(key) {
      try {
        const found = await stat(pathOf(key), { bigint: true });
        if (!found.isFile()) return undefined;
        const { ino, size, mtimeNs, ctimeNs } = found;
        return { bytes: Number(size), version: [ino, size, mtimeNs, ctimeNs].join("-") };
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw storeError(error);
      }
    },

    read: (key, range): Readable => createReadStream(pathOf(key), range),

    async localCopy(key) {
      const path = pathOf(key);
      if ((await this.stat(key)) === undefined) throw new ObjectNotFound(key);
      return { path, [Symbol.asyncDispose]: () => Promise.resolve() };
    },

    async *list(prefix) {
      const start = prefix === "" ? root : pathOf(prefix);
      for await (const parts of filesBelow(start, [])) {
        yield [...(prefix === "" ? [] : [prefix]), ...parts].join("/");
      }
    },

    async *names(prefix) {
      for (const { name } of await entriesOf(prefix === "" ? root : pathOf(prefix))) {
        if (!name.endsWith(PARTIAL)) yield name;
      }
    },

    async *unfinished(prefix) {
      const keyOf = (name: string): string => (prefix === "" ? name : `${prefix}/${name}`);
      if (!(await isWithin(root, keyOf("any")))) return;
      for await (const begun of unfinishedFiles(prefix === "" ? root : pathOf(prefix))) {
        yield {
          ...begun,
          async discard() {
            if (await isWithin(root, keyOf(begun.name))) await begun.discard();
          },
        };
      }
    },

    async delete(key) {
      const path = pathOf(key);
      if (!(await isWithin(root, key))) return;
      await rm(path, { force: true }).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
      await removeEmptyFolders(dirname(path), root);
    },

    async deletePrefix(prefix) {
      const path = pathOf(prefix);
      if (!(await isWithin(root, prefix))) return;
      await removeTree(path);
      await removeEmptyFolders(dirname(path), root);
    },
  };
}

/** Runs `action`, and makes the folder when that is what is missing: it is there nearly always. */
async function inFolder(folder: string, action: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await action();
      return;
    } catch (error) {
      // A delete of the last neighbour may take the folder away again and again.
      if (codeOf(error) !== "ENOENT" || attempt === 5) throw error;
      await makeFolder(folder);
    }
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  } catch (error) {
    // On a file system that can only be read, Node says that the folder is not there.
    if (codeOf(error) !== "ENOENT") throw error;
    throw new ProblemError("store-unavailable", "The object store takes no new folders.", {
      cause: error,
    });
  }
}

async function sync(path: string): Promise<void> {
  await using handle = await open(path, "r");
  await handle.sync();
}

/** From the folder that has a new entry up to the store: any of them may have been made for it, or for what came before. */
async function syncFolders(folder: string, root: string): Promise<void> {
  const folders = [folder];
  while (folders.at(-1)!.length > root.length) folders.push(dirname(folders.at(-1)!));
  await Promise.all(folders.map(sync));
}

/** None where there is no such folder. */
async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw storeError(error);
  }
}

async function* filesBelow(folder: string, parts: readonly string[]): AsyncGenerator<string[]> {
  for (const entry of await entriesOf(folder)) {
    const below = [...parts, entry.name];
    if (entry.isDirectory()) yield* filesBelow(join(folder, entry.name), below);
    else if (!entry.name.endsWith(PARTIAL)) yield below;
  }
}

/** Whether folders alone lead to a key, from the second level on. */
async function isWithin(root: string, key: string): Promise<boolean> {
  const parts = key.split("/");
  for (let depth = 2; depth < parts.length; depth++) {
    const found = await lstat(join(root, ...parts.slice(0, depth))).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw storeError(error);
    });
    if (!found?.isDirectory()) return false;
  }
  return true;
}

/** Tries to empty a folder into which others write, each a millisecond longer after the one before. */
const MOST_REMOVALS = 40;

/**
 * Removes files one by one as the folder is read; of links, the links. A recursive `rm` lists everything first: 3 KB of memory per file, of
 * which a long job has many thousands.
 */
async function removeTree(path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      if ((await lstat(path)).isSymbolicLink()) return await rm(path, { force: true });
      for await (const entry of await opendir(path)) {
        const below = join(path, entry.name);
        if (entry.isDirectory()) await removeTree(below);
        else await rm(below, { force: true });
      }
      await rmdir(path);
      return;
    } catch (error) {
      const code = codeOf(error);
      if (code === "ENOENT" || code === "ENAMETOOLONG") return;
      if (code === "ENOTDIR") {
        await rm(path, { force: true });
        return;
      }
      // Somebody put something there meanwhile; or the listing passed over what moved while it was read.
      if (code !== "ENOTEMPTY" || attempt === MOST_REMOVALS) throw storeError(error);
      await sleep(attempt);
    }
  }
}

async function removeEmptyFolders(folder: string, root: string): Promise<void> {
  let current = folder;
  while (current.length > root.length && current.startsWith(root)) {
    try {
      await rmdir(current);
    } catch {
      return; // not empty, or already gone: both are fine
    }
    current = dirname(current);
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

/** There is no such file, or there cannot be one. */
function isMissing(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "EISDIR", "ENAMETOOLONG"].includes(codeOf(error) ?? "");
}

function storeError(error: unknown): unknown {
  if (error instanceof ProblemError) return error;
  const code = codeOf(error);
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new ProblemError("store-full", "The object store has no room left; free some space.", {
      cause: error,
    });
  }
  if (code === "EACCES" || code === "EROFS" || code === "EIO" || code === "ESTALE") {
    return new ProblemError("store-unavailable", `The object store answers ${code}.`, {
      cause: error,
    });
  }
  return error;
}
