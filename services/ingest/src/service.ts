import { DEFAULT_TOOLS, type MediaTools, type ProbeLimits } from "@framequeue/media";
import {
  createStageRunner,
  type Pipeline,
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
  readonly events?: StageEvents;
}

/** Takes in videos: fetches, probes, validates, plans segments. */
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
  return createStageRunner({
    queue: "ingest",
    concurrency: options.concurrency,
    pipeline,
    maxAttempts: 5,
    handlers: { ingest: (message, context) => ingestJob(deps, message, context) },
    ...(options.events ? { events: options.events } : {}),
  });
}
