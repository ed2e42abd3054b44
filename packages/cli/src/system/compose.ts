import type { ModelRef } from "@framequeue/contracts";
import { availableParallelism } from "node:os";
import type { FrameStore } from "@framequeue/frames";
import {
  openPipeline,
  type Pipeline,
  type StageEvents,
  type StageRunner,
} from "@framequeue/pipeline";
import { createDecodeService } from "@framequeue/service-decode";
import { createEnhanceService } from "@framequeue/service-enhance";
import { createIndexService } from "@framequeue/service-index";
import { createInferService, type DetectorCache } from "@framequeue/service-infer";
import { createIngestService } from "@framequeue/service-ingest";
import { createRenderService } from "@framequeue/service-render";
import { createTrackService } from "@framequeue/service-track";
import type { ObjectStore } from "@framequeue/storage";

export interface ComposeOptions {
  readonly redisUrl: string;
  readonly objects: ObjectStore;
  readonly frames: FrameStore;
  readonly frameBudgetBytes?: number;
  /** Inference threads, each with one session of one thread. Default: one per core. */
  readonly inferWorkers?: number;
  /** A stand-in for the models, which a benchmark brings and keeps. */
  readonly detectors?: DetectorCache;
  readonly events?: StageEvents;
}

/** Every stage of the pipeline, running in this process. */
export interface ComposedSystem extends AsyncDisposable {
  readonly pipeline: Pipeline;
  /** Loads a model before a job needs it, so that no job waits for it. */
  warm(model: ModelRef): Promise<void>;
  /** Lets running tasks finish for so long, then aborts them. Disposing afterwards releases the rest. */
  stop(deadlineMs: number): Promise<void>;
}

const FRAME_BUDGET_BYTES = 2 * 2 ** 30;
/** Starts all services over the given stores, as `analyze` and `demo` do: one process, nothing copied between stages. */
export async function composeSystem(options: ComposeOptions): Promise<ComposedSystem> {
  await using resources = new AsyncDisposableStack();
  const { redisUrl, objects, frames, events } = options;
  const pipeline = resources.use(
    openPipeline({
      redisUrl,
      site: "local",
      objects,
      frames,
      frameBudgetBytes: options.frameBudgetBytes ?? FRAME_BUDGET_BYTES,
    }),
  );
  const cores = availableParallelism();
  const observed = events ? { events } : {};
  const infer = createInferService(pipeline, {
    workers: options.inferWorkers ?? cores,
    threadsPerWorker: 1,
    ...(options.detectors ? { detectors: options.detectors } : {}),
    ...observed,
  });
  const services: StageRunner[] = [
    createIngestService(pipeline, {
      concurrency: 1,
      fetch: { mayConnect: () => true },
      ...observed,
    }),
    createDecodeService(pipeline, { concurrency: 2, ...observed }),
    createEnhanceService(pipeline, { concurrency: 2, threads: cores, ...observed }),
    infer,
    createTrackService(pipeline, { concurrency: 2, ...observed }),
    createIndexService(pipeline, { concurrency: 2, ...observed }),
    createRenderService(pipeline, { concurrency: 1, ...observed }),
  ];
  const stopAll = async (deadlineMs: number): Promise<void> => {
    await Promise.all(services.map((service) => service.stop(deadlineMs)));
  };
  resources.defer(() => stopAll(0));
  await Promise.all(services.map((service) => service.start()));
  const held = resources.move();
  return {
    pipeline,
    warm: (model) => infer.warm(model),
    stop: stopAll,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
