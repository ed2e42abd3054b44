import { readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Random } from "@framequeue/synth";

/** What was lost, counted by how. */
export type Losses = Record<"gone" | "emptied" | "truncated" | "zeroed", number>;

/** How likely what may be lost is: seldom a whole folder, so that there is something left to lose. */
const FOLDER_GONE = 0.05;
const FILE_GONE = 0.15;
const DAMAGED = 0.15;

/**
 * Does to a folder what a power cut may do: of files whose content was not synced since it was written some are empty,
 * cut or of zeros, and of entries whose folder was not synced since some are gone, folders with all that is in them.
 * What was synced stays.
 *
 * @param syncLog lines of inode and time in milliseconds, as `record-syncs.ts` writes them
 */
export async function losePower(folder: string, syncLog: string, random: Random): Promise<Losses> {
  const syncedAt = new Map<string, number>();
  const lines = await readFile(syncLog, "utf8").catch(() => "");
  for (const line of lines.split("\n")) {
    const [inode = "", at = "0"] = line.split(" ");
    syncedAt.set(inode, Math.max(syncedAt.get(inode) ?? 0, Number(at)));
  }
  const losses: Losses = { gone: 0, emptied: 0, truncated: 0, zeroed: 0 };
  const isSynced = (inode: number, since: number): boolean =>
    (syncedAt.get(String(inode)) ?? 0) >= Math.floor(since);

  async function strike(at: string): Promise<void> {
    const { ino } = await stat(at);
    for (const entry of await readdir(at, { withFileTypes: true })) {
      const path = join(at, entry.name);
      const found = await stat(path);
      const isFolder = entry.isDirectory();
      // A rename changes the inode, and with it this time.
      const entered = isFolder ? found.birthtimeMs : found.ctimeMs;
      if (!isSynced(ino, entered) && random.chance(isFolder ? FOLDER_GONE : FILE_GONE)) {
        await rm(path, { recursive: true });
        losses.gone++;
      } else if (isFolder) {
        await strike(path);
      } else if (!isSynced(found.ino, found.mtimeMs) && random.chance(DAMAGED)) {
        losses[await damage(path, found.size, random)]++;
      }
    }
  }
  await strike(folder);
  return losses;
}

async function damage(
  path: string,
  size: number,
  random: Random,
): Promise<"emptied" | "truncated" | "zeroed"> {
  const how = random.pick(["emptied", "truncated", "zeroed"] as const);
  const keep = how === "emptied" ? 0 : random.integer(0, Math.max(0, size - 1));
  if (how !== "zeroed") {
    await truncate(path, keep);
    return how;
  }
  const body = await readFile(path);
  body.fill(0, keep);
  await writeFile(path, body);
  return how;
}
