import { access, constants } from "node:fs/promises";

const MEMORY_FILE_SYSTEM = "/dev/shm";

/** A folder that lies in memory and that this user may write to, where the system has one. */
export async function memoryFolder(): Promise<string | undefined> {
  try {
    await access(MEMORY_FILE_SYSTEM, constants.W_OK);
    return MEMORY_FILE_SYSTEM;
  } catch {
    return undefined;
  }
}
