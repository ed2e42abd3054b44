import type { ModelRef } from "@framequeue/contracts";
import type { Engine, SessionRun } from "@framequeue/models";
import {
  createStageRunner,
  type Pipeline,
  type StageEvents,
  type StageRunner,
} from "@framequeue/pipeline";
import { createDetectorCache, type DetectorCache } from "./detector-cache.ts";
import { inferBatch } from "./infer-batch.ts";
import { createSoloGate } from "./solo-gate.ts";

export interface InferServiceOptions {
  /** Inference threads, each with a session of its own. */
  readonly workers: number;
  /**
   * Batches that this process holds at once. By default one more than there are threads: each thread has one, and the
   * next is there when a batch ends.
   */
  readonly concurrency?: number;
  /** Threads of one session. Workers times this should not exceed the cores. */
  readonly threadsPerWorker: number;
  /** What models run on; the processor by default. */
  readonly engine?: Pick<Engine, "devices" | "turns">;
  /** Models that stay loaded at once. */
  readonly loadedModels?: number;
  /** Detectors from elsewhere than the object store: a benchmark puts a stand-in here. Stays the caller's. */
  readonly detectors?: DetectorCache;
  readonly events?: StageEvents & InferEvents;
}

export interface InferEvents {
  /** One run of a network: how long it took, and how many of the pictures in its tensor were wanted. */
  readonly onRun?: (model: ModelRef, run: SessionRun) => void;
  /** A model is ready that was not. */
  readonly onLoad?: (model: ModelRef, seconds: number) => void;
}

/** Fewer would leave two threads waiting at the end of each batch. */
const LEAST_CONCURRENCY = 3;

export interface InferService extends StageRunner {
  /** Loads a model before the first batch asks for it. */
  warm(model: ModelRef): Promise<void>;
}

/** Runs neural networks on batches of pixels: the service that costs money. */
export function createInferService(pipeline: Pipeline, options: InferServiceOptions): InferService {
  const { workers, threadsPerWorker } = options;
  const own = options.detectors
    ? undefined
    : createDetectorCache(pipeline.objects, {
        workers,
        threadsPerWorker,
        engine: options.engine,
        capacity: options.loadedModels ?? 2,
        onRun: options.events?.onRun,
        onLoad: options.events?.onLoad,
      });
  const detectors = options.detectors ?? own!;
  const deps = { ...pipeline, detectors, gate: createSoloGate() };
  const runner = createStageRunner({
    queue: "infer",
    concurrency: options.concurrency ?? Math.max(LEAST_CONCURRENCY, workers + 1),
    pipeline,
    handlers: { infer: (message, context) => inferBatch(deps, message, context) },
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
      await own?.[Symbol.asyncDispose]();
    },
  };
}
