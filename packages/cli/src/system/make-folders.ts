import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * A folder and all that it lies in. Node's own way tries for ever where a folder is there and takes nothing (`/proc`).
 *
 * @returns the first that was made; undefined where all were there
 */
export async function makeFolders(path: string): Promise<string | undefined> {
  try {
    await mkdir(path);
    return path;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return undefined;
    if (code !== "ENOENT" || dirname(path) === path) throw error;
  }
  const first = await makeFolders(dirname(path));
  await mkdir(path);
  return first ?? path;
}
