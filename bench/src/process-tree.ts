import { readdirSync, readFileSync } from "node:fs";

export interface RunningProcess {
  readonly id: number;
  readonly parent: number;
  readonly command: readonly string[];
  readonly rssBytes: number;
  /** The most that it ever had. */
  readonly peakRssBytes: number;
  /** Processor time so far, with all its threads. */
  readonly cpuSeconds: number;
}

/** Clock ticks of `/proc/…/stat` per second: 100 on every Linux that Node runs on. */
const TICKS = 100;

/** All processes below `root`, that one included, as Linux tells in /proc. Those that end meanwhile are left out. */
export function processTree(root: number): RunningProcess[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
  const below = (id: number): RunningProcess[] =>
    all.filter(({ parent }) => parent === id).flatMap((each) => [each, ...below(each.id)]);
  return [...all.filter(({ id }) => id === root), ...below(root)];
}

export function readProcess(id: number): RunningProcess | undefined {
  try {
    const status = readFileSync(`/proc/${id}/status`, "utf8");
    const kilobytes = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0);
    // The command's name is in brackets and may hold blanks; fields 14 and 15 are utime and stime.
    const fields = readFileSync(`/proc/${id}/stat`, "utf8").split(") ").at(-1)!.split(" ");
    return {
      id,
      parent: Number(fields[1]),
      command: readFileSync(`/proc/${id}/cmdline`, "utf8").split("\0").slice(0, -1),
      rssBytes: kilobytes("VmRSS") * 1024,
      peakRssBytes: kilobytes("VmHWM") * 1024,
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS,
    };
  } catch {
    return undefined;
  }
}
