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
  const busy = {
    Redis: (after.redis - before.redis) / seconds,
    "the node process's main thread": (after.main - before.main) / seconds,
    "its other threads": (after.others - before.others) / seconds,
  };
  for (const [part, share] of Object.entries(busy)) {
    report({ name: `  ${part}`, value: share * 100, unit: "% of a core" });
  }
  const [limit, share] = Object.entries(busy).sort(([, a], [, b]) => b - a)[0]!;
  print(
    { bench: name, limit, share },
    share > 0.85
      ? `  ${limit} limits: it is busy all the time.`
      : `  Nothing here is busy all the time; ${limit} is most.`,
  );
}

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
