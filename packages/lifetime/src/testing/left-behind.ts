import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

export interface LeftProcess {
  readonly pid: number;
  readonly command: string;
}

/**
 * Running processes of this user that inherited `marker` (as `NAME=value`) in their environment, this one aside. Finds
 * also those whose parent is gone and those in a session of their own.
 */
export function processesWith(marker: string): LeftProcess[] {
  const found = existsSync("/proc/self/environ") ? fromProc(marker) : fromPs(marker);
  return found.filter(({ pid }) => pid !== process.pid);
}

/** What is still running with `marker` when nothing is, or when `patienceMs` have passed. */
export async function processesLeft(marker: string, patienceMs: number): Promise<LeftProcess[]> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const left = processesWith(marker);
    if (left.length === 0 || performance.now() > deadline) return left;
    await delay(50);
  }
}

/** Ends processes at once; those that ended by themselves meanwhile do not matter. */
export function endProcesses(processes: readonly LeftProcess[]): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

function fromProc(marker: string): LeftProcess[] {
  return readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    // A process that has ended but was not waited for yet has an empty environment: it holds nothing any more.
    if (!readProc(entry, "environ").split("\0").includes(marker)) return [];
    return [
      { pid: Number(entry), command: readProc(entry, "cmdline").replaceAll("\0", " ").trim() },
    ];
  });
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return ""; // another user's, or gone since it was listed
  }
}

function fromPs(marker: string): LeftProcess[] {
  const lines = execFileSync("ps", ["-axEww", "-o", "pid=,command="], {
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  return lines.split("\n").flatMap((line) => {
    const [, pid, command] = /^\s*(\d+) (.*)$/.exec(line) ?? [];
    if (pid === undefined || command === undefined || !command.includes(marker)) return [];
    return [{ pid: Number(pid), command: command.slice(0, 200) }];
  });
}
