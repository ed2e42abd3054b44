import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testDetector } from "@framequeue/graphs";
import type { Bench } from "../bench.ts";
import { redisInfo } from "../redis-info.ts";
import { type Peaks, watchPeaks } from "./peaks.ts";
import { startSystem } from "./started-system.ts";
import { repeatMinute, writeMinute } from "../block-video.ts";

const MINUTES = [1, 10, 60] as const;
/** How far the peaks of two lengths may lie apart. */
const FLAT = 1.15;

/** Peak memory of every part for a short, a long and a very long video: it must not depend on the length. */
export const memory: Bench = {
  name: "memory",
  about: "peak memory of every process for 1, 10 and 60 minutes of the same video: must be flat",
  needs: [],
  async run({ cells, print }) {
    const folder = await mkdtemp(join(tmpdir(), "fq-memory-"));
    try {
      const model = join(folder, "blocks.onnx");
      await writeFile(model, testDetector({ width: 160, height: 96, batch: 1 }));
      const minute = join(folder, "minute.mp4");
      await writeMinute(minute);
      const columns: Peaks[] = [];
      for (const minutes of MINUTES.slice(0, cells)) {
        const video = join(folder, `${minutes}-minutes.mp4`);
        await repeatMinute(minute, minutes, video);
        const { frames, seconds, peaks } = await measure(folder, model, video);
        columns.push(peaks);
        print(
          { bench: "memory", minutes, frames, seconds, peaks: Object.fromEntries(peaks) },
          `${minutes} min: ${frames} frames in ${seconds.toFixed(0)} s`,
        );
      }
      return compare(columns, print);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Runs one job on a system of its own, so that no peak is that of a job before. */
async function measure(folder: string, model: string, video: string) {
  await using system = await startSystem(folder, model);
  const watch = watchPeaks(system.pid, system.framesDir);
  const started = performance.now();
  const { state, frames } = await system.run(video);
  const seconds = (performance.now() - started) / 1000;
  const redis = await redisInfo(system.redisSocket, "memory");
  const peaks = new Map(watch.end());
  if (state !== "succeeded") throw new Error(`The job on ${video} ended ${state}.`);
  peaks.set("redis data", Number(redis.get("used_memory_peak")));
  return { frames, seconds, peaks };
}

function compare(columns: readonly Peaks[], print: Parameters<Bench["run"]>[0]["print"]): boolean {
  let flat = true;
  const names = [...columns.at(-1)!.keys()].sort((a, b) => (a < b ? -1 : 1));
  print({}, `\n${"peak, MB".padEnd(16)}${MINUTES.map((m) => `${m} min`.padStart(10)).join("")}`);
  for (const name of names) {
    const values = columns.map((peaks) => peaks.get(name) ?? 0);
    const ratio = Math.max(...values) / Math.min(...values);
    const ok = ratio <= FLAT;
    flat &&= ok;
    print(
      { bench: "memory", part: name, bytes: values, ratio, flat: ok },
      name.padEnd(16) +
        values.map((bytes) => (bytes / 1e6).toFixed(1).padStart(10)).join("") +
        `${ratio.toFixed(2).padStart(8)}${ok ? "" : "  grows"}`,
    );
  }
  return flat;
}
