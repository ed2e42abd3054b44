import { FRAME_STORES, type FrameStoreKind, openPrivateSystem } from "@framequeue/cli";
import { loadModelPackage } from "@framequeue/models";
import { storeModel } from "@framequeue/pipeline";
import { cpuSeconds } from "../cpu-seconds.ts";
import { runJob } from "../run-job.ts";

/**
 * The main job without rendering, in one process, as `analyze` runs it.
 * Usage: run.ts VIDEO MODEL THREADS STORE. Prints one JSON line.
 */
const [video, modelFile, threads, store] = process.argv.slice(2);
if (video === undefined || modelFile === undefined || !isStore(store)) {
  throw new Error("Usage: run.ts VIDEO MODEL THREADS STORE");
}
const model = await loadModelPackage(modelFile);
await using system = await openPrivateSystem({
  inferWorkers: Number(threads),
  frameStore: store,
});
await storeModel(system.pipeline.objects, model);
await system.warm(model.ref);
const cpuStart = cpuSeconds();
const { summary } = await runJob(system, model, video);
const { frames, detections, timing } = summary;
// At the exit, since only then the children's processor time is known.
process.on("exit", () => {
  const cpu = cpuSeconds() - cpuStart;
  process.stdout.write(
    `${JSON.stringify({ frames, detections, fps: timing.fps, cpuSeconds: cpu })}\n`,
  );
});

function isStore(text: string | undefined): text is FrameStoreKind {
  return FRAME_STORES.some((kind) => kind === text);
}
