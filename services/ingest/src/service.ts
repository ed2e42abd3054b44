import { DEFAULT_TOOLS, type MediaTools, type ProbeLimits } from "@framequeue/media";
import {
  createReconciler,
  createStageRunner,
  type Pipeline,
  type RepairEvents,
  type StageEvents,
  type StageRunner,
} from "@framequeue/pipeline";
import { FETCH_BOUNDS, type FetchBounds, type FetchOptions } from "./fetch-source.ts";
import { fetchJob } from "./fetch-job.ts";
import { ingestJob } from "./ingest-job.ts";

export interface IngestServiceOptions {
  /** Jobs that this process takes in at once. */
  readonly concurrency: number;
  /** Sources that it fetches at once, beside those jobs. */
  readonly fetchConcurrency?: number;
  readonly limits?: ProbeLimits;
  readonly fetch: Pick<FetchOptions, "mayConnect"> & Partial<FetchBounds>;
  readonly tools?: MediaTools;
  /** Mean time between two looks for what was lost, in milliseconds. */
  readonly reconcileMs?: number;
  readonly events?: StageEvents & RepairEvents;
}

/**
 * Takes in videos: fetches, probes, validates, plans segments. What is fetched has a queue and places of its own, so that
 * no job waits for another's server. The front of the pipeline also mends what it loses.
 */
export function createIngestService(
  pipeline: Pipeline,
  options: IngestServiceOptions,
): StageRunner {
  const deps = {
    ...pipeline,
    tools: options.tools ?? DEFAULT_TOOLS,
    limits: options.limits ?? {},
    fetch: { ...FETCH_BOUNDS, ...options.fetch },
  };
  const shared = { pipeline, maxAttempts: 5, ...(options.events && { events: options.events }) };
  const runner = createStageRunner({
    ...shared,
    queue: "ingest",
    concurrency: options.concurrency,
    handlers: { ingest: (message, context) => ingestJob(deps, message, context) },
  });
  const fetcher = createStageRunner({
    ...shared,
    queue: "fetch",
    concurrency: options.fetchConcurrency ?? 8,
    handlers: { fetch: (message, context) => fetchJob(deps, message, context) },
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
      await Promise.all([runner.start(), fetcher.start()]);
      reconciler.start();
    },
    async stop(deadlineMs) {
      await Promise.all([reconciler.stop(), runner.stop(deadlineMs), fetcher.stop(deadlineMs)]);
    },
  };
}
