import type { ModelRef } from "@framequeue/contracts";
import {
  createStageRunner,
  type Pipeline,
  type StageEvents,
  type StageRunner,
} from "@framequeue/pipeline";
import { createDetectorCache } from "./detector-cache.ts";
import { inferBatch } from "./infer-batch.ts";

export interface InferServiceOptions {
  /** Batches that this process holds at once; two keep the sessions busy over the border between batches. */
  readonly concurrency: number;
  /** Inference threads, each with a session of its own. */
  readonly workers: number;
  /** Threads of one session. Workers times this should not exceed the cores. */
  readonly threadsPerWorker: number;
  /** Models that stay loaded at once. */
  readonly loadedModels?: number;
  readonly events?: StageEvents;
}

export interface InferService extends StageRunner {
  /** Loads a model before the first batch asks for it. */
  warm(model: ModelRef): Promise<void>;
}

/** Runs neural networks on batches of pixels: the service that costs money. */
export function createInferService(pipeline: Pipeline, options: InferServiceOptions): InferService {
  const detectors = createDetectorCache(pipeline.objects, {
    workers: options.workers,
    threadsPerWorker: options.threadsPerWorker,
    capacity: options.loadedModels ?? 2,
  });
  const runner = createStageRunner({
    queue: "infer",
    concurrency: options.concurrency,
    pipeline,
    handlers: {
      infer: (message, context) => inferBatch({ ...pipeline, detectors }, message, context),
    },
    ...(options.events ? { events: options.events } : {}),
  });
  return {
    get state() {
      return runner.state;
    },
    start: () => runner.start(),
    async warm(model) {
      const loan = await detectors.borrow(model);
      await loan[Symbol.asyncDispose]();
    },
    async stop(deadlineMs) {
      await runner.stop(deadlineMs);
      await detectors[Symbol.asyncDispose]();
    },
  };
}
