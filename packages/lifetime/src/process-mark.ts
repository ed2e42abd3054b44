import { readFileSync } from "node:fs";
import { lstat, readFile, rename, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

/** What tells a process from every other one, also from one that gets its number later. */
export interface ProcessMark {
  readonly host: string;
  readonly pid: number;
  /** Since which start of the system, and when it began as that counts; empty where the system does not say. */
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
  // Nothing outlives the system; who has the number now may not let us see when it began.
  const boot = bootId();
  if (began !== "" && boot !== "" && !began.startsWith(`${boot} `)) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process has the number: it is there, and may be ours of another user.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = beganAt(pid);
  return began === "" || now === "" || began === now;
}

/** Leaves the mark of this process in a folder. It is there whole or not at all. */
export async function writeMark(folder: string): Promise<void> {
  const path = join(folder, MARK_FILE);
  await writeFile(`${path}~`, JSON.stringify(ownMark()));
  await rename(`${path}~`, path);
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

/**
 * Whether the folder has a mark that says nothing, as a power cut leaves one that was not on the disk yet. No process
 * that runs has such a mark.
 */
export async function hasTornMark(folder: string): Promise<boolean> {
  const path = join(folder, MARK_FILE);
  try {
    return (await lstat(path)).isFile() && !isJson(await readFile(path, "utf8"));
  } catch {
    return false;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Linux counts ticks since it was started; the name in brackets before may hold blanks. */
function beganAt(pid: number): string {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ");
    return `${bootId()} ${fields[19]}`;
  } catch {
    return "";
  }
}

/** Another after every start of the system; empty where it does not say. */
function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}
