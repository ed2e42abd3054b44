import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

/** What tells a process from every other one, also from one that gets its number later. */
export interface ProcessMark {
  readonly host: string;
  readonly pid: number;
  /** When it began, as the system counts; empty where the system does not say. */
  readonly began: string;
}

/** In every folder that a process of ours made for itself. Hidden, so that listings of results stay what they are. */
export const MARK_FILE = ".framequeue-process";

export function ownMark(): ProcessMark {
  return { host: hostname(), pid: process.pid, began: beganAt(process.pid) };
}

/**
 * Whether the process may still run. Of another machine nothing can be told, so its process counts as alive; a container
 * that is started again keeps its name, and its processes are told apart by when they began.
 */
export function isAlive({ host, pid, began }: ProcessMark): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process has the number: it is there, and may be ours of another user.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = beganAt(pid);
  return began === "" || now === "" || began === now;
}

/** Leaves the mark of this process in a folder. */
export async function writeMark(folder: string): Promise<void> {
  await writeFile(join(folder, MARK_FILE), JSON.stringify(ownMark()));
}

/** The mark in a folder; undefined where there is none that this version can read. */
export async function readMark(folder: string): Promise<ProcessMark | undefined> {
  try {
    const mark = JSON.parse(await readFile(join(folder, MARK_FILE), "utf8")) as ProcessMark;
    const { host, pid, began } = mark;
    const isOne = typeof host === "string" && Number.isInteger(pid) && typeof began === "string";
    return isOne && pid > 0 ? { host, pid, began } : undefined;
  } catch {
    return undefined;
  }
}

/** Linux counts ticks since it was started; the name in brackets before may hold blanks. */
function beganAt(pid: number): string {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${fields[19]}`;
  } catch {
    return "";
  }
}
