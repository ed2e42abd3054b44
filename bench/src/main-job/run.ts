import { basename } from "node:path";
import {
  type AcceptedJob,
  newJobId,
  resultOptionsSchema,
  executionOptionsSchema,
} from "@framequeue/contracts";
import { awaitJob, openPrivateSystem } from "@framequeue/cli";
import { loadModelPackage } from "@framequeue/models";
import { storeModel } from "@framequeue/pipeline";
import { cpuSeconds } from "../cpu-seconds.ts";

/**
 * The main job without rendering, in one process with frames in memory, as `analyze` runs it.
 * Usage: run.ts VIDEO MODEL THREADS. Prints one JSON line.
 */
const [video, modelFile, threads] = process.argv.slice(2);
if (video === undefined || modelFile === undefined || threads === undefined) {
  throw new Error("Usage: run.ts VIDEO MODEL THREADS");
}
const model = await loadModelPackage(modelFile);
const cpuBefore = cpuSeconds();
let cpuStart = cpuBefore;
{
  await using system = await openPrivateSystem({ inferWorkers: Number(threads) });
  const { jobs, objects } = system.pipeline;
  await storeModel(objects, model);
  await system.warm(model.ref);
  cpuStart = cpuSeconds();
  const job: AcceptedJob = {
    v: 1,
    id: newJobId(),
    acceptedAt: new Date().toISOString(),
    source: { kind: "file", path: video, name: basename(video) },
    models: [model.ref],
    options: resultOptionsSchema.parse({}),
    execution: executionOptionsSchema.parse({}),
    render: false,
  };
  await jobs.submit(job);
  await awaitJob(jobs, job.id, { signal: new AbortController().signal });
  const result = await jobs.result(job.id);
  const summary = JSON.parse(
    (await objects.get(result!.artifacts["summary.json"]!.key)).toString(),
  );
  const { frames, detections, timing } = summary;
  process.on("exit", () => {
    const cpu = cpuSeconds() - cpuStart;
    process.stdout.write(
      `${JSON.stringify({ frames, detections, seconds: timing.seconds, fps: timing.fps, cpuSeconds: cpu })}\n`,
    );
  });
}
