import { acceptJob, frameBytes, type JobId, newJobId, newToken } from "@framequeue/contracts";
import { payloadKey } from "@framequeue/frames";
import { frameSizeOf, type ModelPackage, objectManifest } from "@framequeue/models";
import { type DoneWork, objectKeys, type Pipeline, type KeptPlan } from "@framequeue/pipeline";
import { createInferService, type DetectorCache } from "@framequeue/service-infer";
import { type Pace, pace } from "./pace.ts";

/** How the same frames come to the infer stage. */
export interface Load {
  readonly jobs: number;
  readonly batchFrames: number;
  /** Of all jobs together. */
  readonly frames: number;
}

const SOURCE = { width: 1280, height: 720 };

/**
 * Puts batches of pixels with their tasks into the queue, lets an infer service loose on them, and measures until all
 * have their detections in the ledger.
 */
export async function runStage(
  pipeline: Pipeline,
  model: ModelPackage,
  tensorBatch: number,
  detectors: DetectorCache,
  load: Load,
): Promise<Pace> {
  const ids: JobId[] = [];
  for (let i = 0; i < load.jobs; i++) {
    ids.push(await publishJob(pipeline, model, tensorBatch, load));
  }
  const { promise: over, resolve } = Promise.withResolvers<void>();
  let left = load.frames;
  // heard, not asked for: a look into Redis every few milliseconds would cost what is to be measured
  const onWork = ({ frames }: DoneWork): void => {
    left -= frames;
    if (left === 0) resolve();
  };
  const options = { workers: 2, threadsPerWorker: 1, detectors, events: { onWork } };
  const service = createInferService(pipeline, options);
  const result = await pace(async () => {
    await service.start();
    await over;
    return load.frames;
  });
  await service.stop(10_000);
  for (const id of ids) {
    const done = Number((await pipeline.ledger.read(id))?.["fi"]);
    if (done !== load.frames / load.jobs)
      throw new Error(`The ledger has ${done} frames of ${id}.`);
    await pipeline.jobs.cancel(id);
  }
  return result;
}

async function publishJob(
  { jobs, ledger, queues, objects, frames }: Pipeline,
  { ref, manifest }: ModelPackage,
  tensorBatch: number,
  { jobs: count, batchFrames, frames: all }: Load,
): Promise<JobId> {
  const id = newJobId();
  const [epoch, lease] = [newToken(), newToken()];
  const total = all / count;
  const size = frameSizeOf(SOURCE, manifest.input);
  const source = { kind: "file", path: "/videos/bench.mp4", name: "bench.mp4" } as const;
  const job = acceptJob({ id, source, models: [ref], render: false });
  await jobs.submit(job);
  const plan: KeptPlan = {
    ...{ v: 1, source, sourceSha256: "0".repeat(64), mode: "sequential" },
    media: {
      ...{ container: "mp4", codec: "h264", streamIndex: 0, ...SOURCE, rotation: 0 },
      ...{ timeBase: [1, 25], startSeconds: 0, durationSeconds: total / 25, hasAudio: false },
    },
    frame: { layout: "gbrp", ...size },
    segments: [{ frames: total }],
    batchFrames,
    minScore: objectManifest(manifest).thresholds.score,
    labels: objectManifest(manifest).labels,
    expectedFrames: total,
    numeric: { tensorBatch: { [ref.sha256]: tensorBatch } },
  };
  await objects.put(objectKeys.plan(id, epoch), JSON.stringify(plan));
  await ledger.validate(id);
  const batches = Math.ceil(total / batchFrames);
  await ledger.plan(id, epoch, {
    ...{ mode: "sequential", segments: 1, window: batches, openSegments: 1, attempts: 3 },
    ...{ enhance: false, steps: ["index", "finalize"], total },
  });
  await ledger.segBegin(id, epoch, 0, lease, "bench");
  const bytes = frameBytes("gbrp", size.width, size.height);
  for (let batch = 0; batch < batches; batch++) {
    const here = Math.min(batchFrames, total - batch * batchFrames);
    const tok = newToken();
    await ledger.acquire(id, epoch, 0, lease, batch, tok, here * bytes);
    const pixels = frames.allocate(here * bytes);
    new Uint8Array(pixels).fill(100 + (batch % 50));
    const header = {
      ...{ job: id, epoch, segment: 0, batch, ...size, frames: here, crc32: 7 },
      v: 1,
      layout: "gbrp",
      pts: Array.from({ length: here }, (_, i) => batch * batchFrames + i),
    } as const;
    await frames.put(payloadKey({ job: id, epoch, segment: 0, batch, variant: "a" }), {
      header,
      pixels,
    });
    const published = await ledger.publish(id, epoch, 0, lease, batch, tok, here, 7);
    if (published.a !== "ok") throw new Error(`A batch was not published: ${published.a}`);
    await queues.addDue(id, epoch, published.due);
  }
  return id;
}
