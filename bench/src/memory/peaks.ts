import { readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { processTree, type RunningProcess } from "../process-tree.ts";

/** The most bytes that each part of a running system had, by the part's name. */
export type Peaks = ReadonlyMap<string, number>;

const SAMPLE_MS = 100;

/**
 * Watches a system until it is told to end. The kernel keeps the peak of each process; of an ffmpeg that comes and goes,
 * and of the frame store, it is the highest that was seen. ffprobe is gone too soon on a short video to be compared.
 */
export function watchPeaks(pid: number, framesDir: string): { end(): Peaks } {
  const peaks = new Map<string, number>();
  const note = (name: string, bytes: number): void => {
    peaks.set(name, Math.max(peaks.get(name) ?? 0, bytes));
  };
  const sample = (): void => {
    for (const each of processTree(pid)) {
      const name = partName(each);
      if (name !== undefined) note(name, each.peakRssBytes);
    }
    note("frame store", folderBytes(framesDir));
  };
  sample();
  const timer = setInterval(sample, SAMPLE_MS);
  return {
    end() {
      clearInterval(timer);
      sample();
      return peaks;
    },
  };
}

/** `decode` for `node …/services/decode/src/main.ts`; undefined for the shells in between. */
function partName({ command }: RunningProcess): string | undefined {
  const service = command.map((arg) => /services\/([a-z]+)\/src\/main\.ts$/.exec(arg)?.[1]);
  const found = service.find((name) => name !== undefined);
  if (found !== undefined) return found;
  if (command.some((arg) => arg.endsWith("cli/src/main.ts"))) return "supervisor";
  const program = basename(command[0] ?? "").split(" ")[0]!;
  if (program.startsWith("redis-server")) return "redis-server";
  return program === "ffmpeg" ? program : undefined;
}

function folderBytes(folder: string): number {
  let bytes = 0;
  try {
    for (const name of readdirSync(folder, { recursive: true }) as string[]) {
      const found = statSync(join(folder, name), { throwIfNoEntry: false });
      if (found?.isFile()) bytes += found.size;
    }
  } catch {
    // A folder that goes while it is read holds nothing any more.
  }
  return bytes;
}
