import { access, constants, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { ConfigError } from "./config-error.ts";
import { fileReason } from "./file-reason.ts";

export interface FolderCheck {
  /** It has to be there; else it must be possible to make it. */
  readonly mustExist?: boolean;
  /** What is no reason to refuse: codes of the operating system that end by themselves while a service waits. */
  readonly passing?: readonly string[];
}

/**
 * Finds out before the start whether this user can keep files in a folder, and makes nothing.
 *
 * @param setting the environment variable that names the folder
 * @throws ConfigError with what is wrong and what to do
 */
export async function checkFolder(
  path: string,
  setting: string,
  { mustExist = false, passing = [] }: FolderCheck = {},
): Promise<void> {
  try {
    await mustBeWritable(path, mustExist);
  } catch (error) {
    if (passing.includes(String((error as NodeJS.ErrnoException).code))) return;
    throw folderFault(error, path, setting);
  }
}

async function mustBeWritable(path: string, mustExist: boolean): Promise<void> {
  try {
    if (!(await stat(path)).isDirectory()) throw Object.assign(new Error(), { code: "EEXIST" });
    await access(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    if (!isMissing || mustExist || dirname(path) === path) throw error;
    await mustBeWritable(dirname(path), mustExist);
  }
}

/** What the operating system says of a folder that a setting names, as a fault of the configuration; other errors as they are. */
export function folderFault(error: unknown, path: string, setting: string): unknown {
  const reason = fileReason(error);
  if (error instanceof ConfigError || reason === undefined) return error;
  const { code } = error as NodeJS.ErrnoException;
  const user = process.getuid?.();
  const give =
    (code === "EACCES" || code === "EPERM") && user !== undefined
      ? `Give it to the user ${user}, or set`
      : "Set";
  return new ConfigError([
    `${setting}: ${path} cannot be written: ${reason}. ${give} ${setting} to another folder.`,
  ]);
}
