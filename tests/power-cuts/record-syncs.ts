import { appendFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/**
 * From now on notes in `log` which files and folders this process had synced, and since when. What stands in no line of
 * it, a machine that loses its power may lose.
 */
export async function recordSyncs(log: string): Promise<void> {
  await using handle = await open(import.meta.filename, "r");
  const handles = Object.getPrototypeOf(handle) as { sync: (this: FileHandle) => Promise<void> };
  const { sync } = handles;
  handles.sync = async function (): Promise<void> {
    const at = Date.now();
    const { ino } = await this.stat();
    await sync.call(this);
    appendFileSync(log, `${ino} ${at}\n`);
  };
}
