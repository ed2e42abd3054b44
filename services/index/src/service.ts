import { DEFAULT_TOOLS, type MediaTools } from "@framequeue/media";
import {
  createStageRunner,
  type Pipeline,
  type StageEvents,
  type StageRunner,
} from "@framequeue/pipeline";
import { cutViews } from "./views/cut-views.ts";
import { finalizeJob } from "./results/finalize-job.ts";
import { indexTracks } from "./results/index-tracks.ts";

export interface IndexServiceOptions {
  /** Jobs that this process works on at once. */
  readonly concurrency: number;
  readonly tools?: MediaTools;
  readonly events?: StageEvents;
}

/** Writes the result files of a job from its tracks, and takes the job to its end. */
export function createIndexService(pipeline: Pipeline, options: IndexServiceOptions): StageRunner {
  const deps = { ...pipeline, tools: options.tools ?? DEFAULT_TOOLS };
  return createStageRunner({
    queue: "index",
    concurrency: options.concurrency,
    pipeline,
    maxAttempts: 8,
    handlers: {
      cut: (message, context) => cutViews(deps, message, context),
      index: (message, context) => indexTracks(pipeline, message, context),
      finalize: (message) => finalizeJob(pipeline, message),
    },
    ...(options.events ? { events: options.events } : {}),
  });
}
