import { readFile, readlink, realpath } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** In the folder of a Redis: its process. */
export const REDIS_PID_FILE = "redis.pid";
/** How long a former server may take to write what it has. */
const END_MS = 10_000;
const LOOK_MS = 20;

/**
 * Ends a Redis that still runs on the folder though what started it is gone, as one does that was stopped: two of them
 * would write into the same file. Only a redis-server whose working directory this is counts; where the system does not
 * tell of processes (macOS), none does.
 */
export async function endFormerRedis(folder: string): Promise<void> {
  const pid = Number(await readFile(join(folder, REDIS_PID_FILE), "utf8").catch(() => ""));
  for (let waitedMs = 0; await runsOn(folder, pid); waitedMs += LOOK_MS) {
    if (waitedMs >= END_MS) tell(pid, "SIGKILL");
    // One that was stopped hears it only when it goes on.
    else if (waitedMs === 0)
      for (const signal of ["SIGTERM", "SIGCONT"] as const) tell(pid, signal);
    await sleep(LOOK_MS);
  }
}

function tell(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has just gone
  }
}

async function runsOn(folder: string, pid: number): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  try {
    const name = (await readFile(`/proc/${pid}/comm`, "utf8")).trim();
    return (
      name.startsWith("redis-server") &&
      (await readlink(`/proc/${pid}/cwd`)) === (await realpath(folder))
    );
  } catch {
    return false;
  }
}
