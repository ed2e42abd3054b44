import { createNormalizer } from "@framequeue/media";
import {
  createStageRunner,
  type Pipeline,
  type StageEvents,
  type StageRunner,
} from "@framequeue/pipeline";
import { enhanceBatch } from "./enhance-batch.ts";

export interface EnhanceServiceOptions {
  /** Batches that this process works on at once. */
  readonly concurrency: number;
  /** Threads of the picture library. */
  readonly threads: number;
  readonly events?: StageEvents;
}

/** Makes frames better before a network sees them. Jobs that do not ask for it never come here. */
export function createEnhanceService(
  pipeline: Pipeline,
  options: EnhanceServiceOptions,
): StageRunner {
  const normalize = createNormalizer({ concurrency: options.threads });
  return createStageRunner({
    queue: "enhance",
    concurrency: options.concurrency,
    pipeline,
    handlers: {
      enhance: (message, context) => enhanceBatch({ ...pipeline, normalize }, message, context),
    },
    ...(options.events ? { events: options.events } : {}),
  });
}
