import { lstat, readdir, rm } from "node:fs/promises";
import type { Dirent } from "node:fs";
import { join } from "node:path";
import type { Unfinished } from "./object-store.ts";

/** As a folder store names what it writes beside an object's place: the name, a token, and what no key can end in. */
const OURS = /^[A-Za-z0-9._-]+\.[A-Za-z0-9]{12}~$/;

/**
 * What is half-written below a folder, by any process, named relative to it. What has no name of ours and what links
 * lead to is nobody's of ours.
 */
export async function* unfinishedFiles(
  folder: string,
  parts: readonly string[] = [],
): AsyncGenerator<Unfinished> {
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    const below = [...parts, entry.name];
    if (entry.isDirectory()) {
      yield* unfinishedFiles(path, below);
      continue;
    }
    if (!entry.isFile() || !OURS.test(entry.name)) continue;
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined) continue; // finished meanwhile
    yield {
      name: below.join("/"),
      state: [found.ino, found.size, found.mtimeMs].join(" "),
      discard: () => rm(path, { force: true }),
    };
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(code)) return [];
    throw error;
  }
}
