import { DEFAULT_TOOLS, type MediaTools, type ProbeLimits } from "@framequeue/media";
import {
  createReconciler,
  createStageRunner,
  type Pipeline,
  type RepairEvents,
  type StageEvents,
  type StageRunner,
} from "@framequeue/pipeline";
import type { FetchOptions } from "./fetch-source.ts";
import { ingestJob } from "./ingest-job.ts";

export interface IngestServiceOptions {
  /** Jobs that this process takes in at once. */
  readonly concurrency: number;
  readonly limits?: ProbeLimits;
  readonly fetch: Omit<FetchOptions, "signal">;
  readonly tools?: MediaTools;
  /** Mean time between two looks for what was lost, in milliseconds. */
  readonly reconcileMs?: number;
  readonly events?: StageEvents & RepairEvents;
}

/** Takes in videos: fetches, probes, validates, plans segments. The front of the pipeline also mends what it loses. */
export function createIngestService(
  pipeline: Pipeline,
  options: IngestServiceOptions,
): StageRunner {
  const deps = {
    ...pipeline,
    tools: options.tools ?? DEFAULT_TOOLS,
    limits: options.limits ?? {},
    fetch: options.fetch,
  };
  const runner = createStageRunner({
    queue: "ingest",
    concurrency: options.concurrency,
    pipeline,
    maxAttempts: 5,
    handlers: { ingest: (message, context) => ingestJob(deps, message, context) },
    ...(options.events ? { events: options.events } : {}),
  });
  const reconciler = createReconciler(pipeline, {
    intervalMs: options.reconcileMs ?? 10_000,
    ...(options.events ? { events: options.events } : {}),
  });
  return {
    get state() {
      return runner.state;
    },
    async start() {
      await runner.start();
      reconciler.start();
    },
    async stop(deadlineMs) {
      await Promise.all([reconciler.stop(), runner.stop(deadlineMs)]);
    },
  };
}
