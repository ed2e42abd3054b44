import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryFrameStore } from "@framequeue/frames";
import { loadModelPackage, type ModelPackage } from "@framequeue/models";
import { openPipeline, type Pipeline, storeModel } from "@framequeue/pipeline";
import { startRedisProcess } from "@framequeue/service";
import { createDetectorCache } from "@framequeue/service-infer";
import { createFolderStore } from "@framequeue/storage";
import type { Bench, BenchInput } from "../bench.ts";
import { openBareLoop } from "./bare.ts";
import { memoryIsFlat } from "./flat.ts";
import type { Pace } from "./pace.ts";
import { runStage } from "./stage.ts";

const THREADS = 2;
const ROUNDS = 5;
/** Enough that a run which is not full, at the start or at the end, weighs little. */
const FRAMES = 1440;
const TENSOR_BATCH = 8;
/** Share of the bare loop's speed that the stage must reach. */
const REQUIRED_OF_BARE = 0.95;
/** Share of one job's speed that eight jobs with one frame per batch must reach. */
const REQUIRED_OF_ONE_JOB = 0.9;
const STARTER = join(import.meta.dirname, "../../../models/starter-detector");

/** The infer stage alone: tasks in the queue, pixels in memory, results in the ledger. */
export const infer: Bench = {
  name: "infer",
  about: "the infer stage over a bare loop; eight jobs of 1-frame batches over one of 16; memory",
  needs: ["model"],
  async run(input) {
    const { model: file, cells } = input;
    const rounds = cells ?? ROUNDS;
    // first: what the others leave behind would hide growth
    const flat = await memoryIsFlat(input);
    await using site = await openSite();
    const model = await loadModelPackage(file!);
    const starter = await loadModelPackage(STARTER);
    for (const each of [model, starter]) await storeModel(site.pipeline.objects, each);
    const overBare = await againstBare(site.pipeline, model, rounds, input);
    const overOne = await acrossJobs(site.pipeline, starter, rounds, input);
    return overBare >= REQUIRED_OF_BARE && overOne >= REQUIRED_OF_ONE_JOB && flat;
  },
};

async function againstBare(
  pipeline: Pipeline,
  model: ModelPackage,
  rounds: number,
  { report }: BenchInput,
): Promise<number> {
  await using detectors = openDetectors(pipeline);
  await using held = await detectors.borrow(model.ref, 1);
  const batch = held.detector.slots;
  await using bare = await openBareLoop(model, batch, THREADS);
  const load = { jobs: 1, batchFrames: 16, frames: FRAMES };
  // not without await: what it runs on would be gone before
  return await compare(rounds, report, [
    { name: "infer/bare loop", run: () => bare.run(FRAMES) },
    { name: "infer/stage", run: () => runStage(pipeline, model, batch, detectors, load) },
  ]);
}

async function acrossJobs(
  pipeline: Pipeline,
  model: ModelPackage,
  rounds: number,
  { report }: BenchInput,
): Promise<number> {
  await using detectors = openDetectors(pipeline);
  await using held = await detectors.borrow(model.ref, TENSOR_BATCH);
  const { slots } = held.detector;
  const run = (jobs: number, batchFrames: number) => () =>
    runStage(pipeline, model, slots, detectors, { jobs, batchFrames, frames: FRAMES });
  // not without await: what it runs on would be gone before
  return await compare(rounds, report, [
    { name: "infer/one job, 16 per batch", run: run(1, 16) },
    { name: "infer/eight jobs, 1 per batch", run: run(8, 1) },
  ]);
}

interface Contender {
  readonly name: string;
  readonly run: () => Promise<Pace>;
}

/** Both turn by turn; answers the median of the second's speed over the first's within a round. */
async function compare(
  rounds: number,
  report: BenchInput["report"],
  [base, other]: readonly [Contender, Contender],
): Promise<number> {
  const runs: { base: Pace; other: Pace }[] = [];
  for (let round = 0; round < rounds; round++) {
    runs.push({ base: await base.run(), other: await other.run() });
  }
  const ratioOf = (of: (pace: Pace) => number): number =>
    median(runs.map((run) => of(run.other) / of(run.base)));
  for (const [unit, of] of [
    ["frames/s", (pace: Pace) => pace.framesPerSecond],
    ["core-ms/frame", (pace: Pace) => pace.coreMsPerFrame],
  ] as const) {
    report({ name: base.name, value: median(runs.map((run) => of(run.base))), unit });
    const ratio = { value: ratioOf(of), against: base.name.replace("infer/", "") };
    report({ name: other.name, value: median(runs.map((run) => of(run.other))), unit, ratio });
  }
  return ratioOf((pace) => pace.framesPerSecond);
}

function openDetectors({ objects }: Pipeline) {
  return createDetectorCache(objects, { workers: THREADS, threadsPerWorker: 1, capacity: 2 });
}

async function openSite(): Promise<{ readonly pipeline: Pipeline } & AsyncDisposable> {
  await using resources = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "fq-infer-"));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  const redis = resources.use(
    await startRedisProcess({ folder: join(folder, "redis"), persistent: false }),
  );
  const pipeline = resources.use(
    openPipeline({
      redisUrl: redis.url,
      site: "bench",
      objects: createFolderStore(join(folder, "objects")),
      frames: createMemoryFrameStore(),
      frameBudgetBytes: 4 * 2 ** 30,
    }),
  );
  const held = resources.move();
  return { pipeline, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
