import {
  createStageRunner,
  type Pipeline,
  type StageEvents,
  type StageRunner,
} from "@framequeue/pipeline";
import { createTrackerCache } from "./tracker-cache.ts";
import { trackBatches } from "./track-batches.ts";

export interface TrackServiceOptions {
  /** Jobs that this process tracks at once; a job has at most one track task in flight. */
  readonly concurrency: number;
  readonly events?: StageEvents;
}

/** Links detections into tracks, in order, and checkpoints the tracker with every commit. */
export function createTrackService(pipeline: Pipeline, options: TrackServiceOptions): StageRunner {
  const deps = { ...pipeline, trackers: createTrackerCache(pipeline.objects) };
  return createStageRunner({
    queue: "track",
    concurrency: options.concurrency,
    pipeline,
    maxAttempts: 8,
    handlers: { track: (message, context) => trackBatches(deps, message, context) },
    ...(options.events ? { events: options.events } : {}),
  });
}
