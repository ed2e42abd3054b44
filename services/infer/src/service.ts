import { setTimeout as sleep } from "node:timers/promises";
import { type ModelRef, newToken, type RunSetting } from "@framequeue/contracts";
import {
  type Breach,
  createRunGuard,
  type Engine,
  type RunBroke,
  type RunLimits,
  type SessionRun,
} from "@framequeue/models";
import {
  createStageRunner,
  type Pipeline,
  readTuning,
  type StageEvents,
  type StageRunner,
  type Verdict,
} from "@framequeue/pipeline";
import { createBackgroundTuning } from "./models/background-tuning.ts";
import type { DetectorCache } from "./models/detector-cache.ts";
import { createAttendance } from "./models/attendance.ts";
import { inferBatch } from "./work/infer-batch.ts";
import type { JudgedWork } from "./work/judge.ts";
import { lookAtViews } from "./work/look-at-views.ts";
import { openModels } from "./models/open-models.ts";
import { createSoloGate } from "./load/solo-gate.ts";
import { createTasksInHand } from "./load/tasks-in-hand.ts";

export interface InferServiceOptions {
  /** Inference threads, each with a session of its own. */
  readonly workers: number;
  /**
   * Batches that this process holds at once. By default as many as keep its threads busy: see {@link createTasksInHand}.
   */
  readonly concurrency?: number;
  /** Threads of one session. Workers times this should not exceed the cores. */
  readonly threadsPerWorker: number;
  /** What models run on. By default the processor, for the jobs of every class: right for a process that is alone. */
  readonly engine?: Engine;
  /** Takes sessions and threads as they were measured, where they were, instead of the two above. */
  readonly useTuning?: boolean;
  /** Measures models that were not yet, while there is nothing to do. Needs `engine`. */
  readonly tuneWhenIdle?: boolean;
  /** Models that stay loaded at once. */
  readonly loadedModels?: number;
  /** Detectors from elsewhere than the object store: a benchmark puts a stand-in here. Stays the caller's. */
  readonly detectors?: DetectorCache;
  /** Bounds of every run of a model; none where this process cannot be replaced by another. */
  readonly bounds?: InferBounds | undefined;
  readonly events?: StageEvents & InferEvents;
}

export interface InferBounds {
  readonly limits: RunLimits;
  /** Ends the process at once: a run that broke a bound ends no other way. */
  readonly die: () => void;
}

export interface InferEvents {
  /** One run of a network: how long it took, and how many of the pictures in its tensor were wanted. */
  readonly onRun?: (model: ModelRef, run: SessionRun) => void;
  /** A model is ready that was not. */
  readonly onLoad?: (model: ModelRef, seconds: number) => void;
  /** A run broke a bound, so that the process ends, and what follows for the version. */
  readonly onBroke?: (breach: Breach<ModelRef>, work: JudgedWork, verdict: Verdict) => void;
}

/** How long the process may take to hand back what it holds, when a run broke a bound. Memory goes on growing then. */
const HAND_BACK_MS = { time: 5_000, memory: 300 } as const;

export interface InferService extends StageRunner {
  /** Loads a model before the first batch asks for it. */
  warm(model: ModelRef): Promise<void>;
}

/** Runs neural networks on batches of pixels: the service that costs money. */
export function createInferService(pipeline: Pipeline, options: InferServiceOptions): InferService {
  const { workers, threadsPerWorker, engine, bounds, events } = options;
  const guard =
    bounds && createRunGuard<ModelRef>(bounds.limits, ({ bound }) => void replace(bound));
  /** Has the supervisor put another process in the place of this one. */
  async function replace(bound: Breach<ModelRef>["bound"]): Promise<void> {
    await Promise.race([runner.stop(0).catch(() => {}), sleep(HAND_BACK_MS[bound])]);
    bounds!.die();
  }
  const caching = {
    workers,
    threadsPerWorker,
    engine,
    tuned: options.useTuning && engine ? tunedFor(pipeline, engine) : undefined,
    capacity: options.loadedModels ?? 2,
    guard,
    onRun: events?.onRun,
    onLoad: events?.onLoad,
  };
  const models = openModels(pipeline.objects, caching, options.detectors);
  const isOnGpu = engine !== undefined && engine.provider !== "cpu";
  const inHand = createTasksInHand(isOnGpu ? engine.devices.length : workers);
  const deps = {
    ...pipeline,
    models,
    gate: createSoloGate(),
    numericClass: engine?.numericClass,
    judged: new WeakSet<RunBroke>(),
    onBroke: events?.onBroke,
    onRange(model: ModelRef, frames: number, slots: number) {
      tuning?.used(model);
      inHand.saw(frames, slots);
      if (options.concurrency === undefined) runner.hold(inHand.count);
    },
  };
  const tuning =
    engine && options.tuneWhenIdle
      ? createBackgroundTuning({
          pipeline,
          engine,
          onError: (error) => events?.onQueueError?.(error as Error),
        })
      : undefined;
  const busy = async (work: () => Promise<void>): Promise<void> => {
    const end = tuning?.busy();
    try {
      await work();
    } finally {
      end?.();
    }
  };
  const attendance =
    engine &&
    createAttendance({
      pipeline,
      id: newToken(),
      engine,
      sessions: models,
      onError: (error) => events?.onQueueError?.(error as Error),
    });
  const runner = createStageRunner({
    queue: "infer",
    concurrency: options.concurrency ?? inHand.count,
    pipeline,
    maxAttempts: 8,
    handlers: {
      infer: (message, context) => busy(() => inferBatch(deps, message, context)),
      look: (message, context) => busy(() => lookAtViews(deps, message, context)),
    },
    ...(events ? { events } : {}),
  });
  return {
    get state() {
      return runner.state;
    },
    async start() {
      await attendance?.start();
      await runner.start();
    },
    async warm(model) {
      const loan = await models.borrow(model, 1);
      await loan[Symbol.asyncDispose]();
    },
    async stop(deadlineMs) {
      await runner.stop(deadlineMs);
      await tuning?.stop();
      await attendance?.stop();
      await models[Symbol.asyncDispose]();
    },
  };
}

function tunedFor({ objects }: Pipeline, { numericClass }: Engine) {
  return async ({ sha256 }: ModelRef): Promise<RunSetting | undefined> =>
    (await readTuning(objects, sha256, numericClass))?.chosen;
}
