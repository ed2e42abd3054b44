import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ComposedSystem, openPrivateSystem } from "@framequeue/cli";
import { testDetector } from "@framequeue/graphs";
import { loadModelPackage, type ModelPackage } from "@framequeue/models";
import { storeModel } from "@framequeue/pipeline";
import type { Bench, BenchInput } from "../bench.ts";
import { repeatMinute, writeMinute } from "../block-video.ts";
import { runJob } from "../run-job.ts";
import { createStandIn } from "../stand-in.ts";

/** Frames per queue message, and minutes of video that are enough of them. */
const RUNS = [
  { batch: 16, minutes: 20 },
  { batch: 1, minutes: 2 },
] as const;

/** How much the queues and the ledger can carry when detecting costs nothing, and what gives out first. */
export const controlPlane: Bench = {
  name: "control-plane",
  about: "batches and frames per second without detection, and whose processor time limits them",
  needs: [],
  async run({ report, print }) {
    const folder = await mkdtemp(join(tmpdir(), "fq-control-"));
    try {
      // As small as the detector allows: pixels cost next to nothing.
      const file = join(folder, "blocks.onnx");
      await writeFile(file, testDetector({ width: 32, height: 32, batch: 1 }));
      const model = await loadModelPackage(file);
      const minute = join(folder, "minute.mp4");
      await writeMinute(minute, { width: 64, height: 36 });
      for (const { batch, minutes } of RUNS) {
        const video = join(folder, `${minutes}.mp4`);
        await repeatMinute(minute, minutes, video);
        await measure(model, video, batch, { report, print });
      }
      return true;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function measure(
  model: ModelPackage,
  video: string,
  batch: number,
  { report, print }: Pick<BenchInput, "report" | "print">,
): Promise<void> {
  await using system = await openPrivateSystem({
    inferWorkers: 4,
    detectors: createStandIn({ model, workers: 4, frameMs: 0 }),
  });
  await storeModel(system.pipeline.objects, model);
  const before = await readClocks(system);
  const { summary } = await runJob(system, model, video, { batchFrames: batch });
  const after = await readClocks(system);
  const { seconds } = summary.timing;
  const batches = Math.ceil(summary.frames / batch);
  const name = `control-plane/batch ${batch}`;
  report({ name, value: batches / seconds, unit: "batches/s" });
  report({ name, value: summary.frames / seconds, unit: "frames/s" });
  // What a batch costs, and so what a thread that does nothing else could carry, holds on a busy machine too.
  const cost = (part: keyof typeof before): number =>
    ((after[part] - before[part]) * 1000) / batches;
  for (const part of ["redis", "main", "others"] as const) {
    report({ name: `  ${PARTS[part]}`, value: cost(part), unit: "core-ms/batch" });
  }
  const limit = cost("redis") > cost("main") ? "redis" : "main";
  const ceiling = 1000 / cost(limit);
  const busy = (after[limit] - before[limit]) / seconds;
  print(
    { bench: name, limit: PARTS[limit], ceiling, busy },
    `  ${PARTS[limit]} limits: at most ${ceiling.toFixed(0)} batches/s; it was busy for ${(busy * 100).toFixed(0)} % of the time.`,
  );
}

/** Redis runs commands in one thread, as Node does with JavaScript; the others share the work between them. */
const PARTS = {
  redis: "Redis",
  main: "the main thread of all services",
  others: "their other threads",
} as const;

/** Processor seconds so far. */
async function readClocks({ pipeline: { redis } }: ComposedSystem) {
  const info = await redis.info("cpu");
  const redisSeconds = (name: string): number =>
    Number(new RegExp(`^${name}:([\\d.]+)`, "m").exec(info)?.[1]);
  const { user, system } = process.cpuUsage();
  const main = process.threadCpuUsage();
  const mainSeconds = (main.user + main.system) / 1e6;
  return {
    redis: redisSeconds("used_cpu_user") + redisSeconds("used_cpu_sys"),
    main: mainSeconds,
    others: (user + system) / 1e6 - mainSeconds,
  };
}
