import { chmod, mkdir, stat } from "node:fs/promises";

/**
 * Makes the folder, for this user alone; of one that is there it takes away what others may, and leaves what its group
 * may. The folder of somebody else stays as it is: whoever shares one decides who sees it.
 */
export async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { mode } = await stat(folder);
  if ((mode & 0o007) === 0) return;
  await chmod(folder, mode & 0o7770).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
  });
}
