import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TempFolder extends AsyncDisposable {
  readonly path: string;
}

/** A folder for one task, named after its service and process, so that what a killed one leaves can be told and swept. */
export async function openTempFolder(service: string): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), `fq-${service}-${process.pid}-`));
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** Removes the folders of processes of this service that are gone. To be called when the service starts. */
export async function sweepTempFolders(service: string): Promise<void> {
  const name = new RegExp(`^fq-${service}-(\\d+)-`);
  for (const entry of await readdir(tmpdir())) {
    const pid = Number(name.exec(entry)?.[1] ?? 0);
    // In a container every process has the same number: a folder under the own one is the predecessor's.
    if (pid === 0 || (pid !== process.pid && isRunning(pid))) continue;
    await rm(join(tmpdir(), entry), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
