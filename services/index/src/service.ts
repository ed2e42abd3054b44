import { DEFAULT_TOOLS, type MediaTools } from "@framequeue/media";
import {
  createDerivationRunner,
  createStageRunner,
  type DerivationEvents,
  type Pipeline,
  type StageEvents,
  type StageRunner,
} from "@framequeue/pipeline";
import { deriveFile } from "./derivations/derive-format.ts";
import { cutViews } from "./views/cut-views.ts";
import { finalizeJob } from "./results/finalize-job.ts";
import { writeResults } from "./results/write-results.ts";

export interface IndexServiceOptions {
  /** Jobs that this process works on at once. */
  readonly concurrency: number;
  readonly tools?: MediaTools;
  readonly events?: StageEvents;
  readonly derivationEvents?: DerivationEvents;
}

/**
 * Writes the result files of a job from its tracks, and takes the job to its end. Of jobs that have ended it makes what
 * somebody asks for.
 */
export function createIndexService(pipeline: Pipeline, options: IndexServiceOptions): StageRunner {
  const deps = { ...pipeline, tools: options.tools ?? DEFAULT_TOOLS };
  const steps = createStageRunner({
    queue: "index",
    concurrency: options.concurrency,
    pipeline,
    maxAttempts: 8,
    handlers: {
      cut: (message, context) => cutViews(deps, message, context),
      index: (message, context) => writeResults(pipeline, message, context),
      finalize: (message) => finalizeJob(pipeline, message),
    },
    ...(options.events ? { events: options.events } : {}),
  });
  const derivations = createDerivationRunner({
    concurrency: options.concurrency,
    pipeline,
    make: (task, signal) => deriveFile(pipeline, task, signal),
    ...(options.derivationEvents ? { events: options.derivationEvents } : {}),
  });
  return {
    get state() {
      return steps.state;
    },
    async start() {
      await Promise.all([steps.start(), derivations.start()]);
    },
    async stop(deadlineMs) {
      await Promise.all([steps.stop(deadlineMs), derivations.stop(deadlineMs)]);
    },
  };
}
