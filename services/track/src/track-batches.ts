import { inferResultSchema, sampledFrame, seenOf, type TrackMessage } from "@framequeue/contracts";
import {
  type DoneBatch,
  moveCursor,
  type Pipeline,
  readIntermediateJson,
  type TaskContext,
} from "@framequeue/pipeline";
import { trackFrame, type UntrackedFrame } from "./track-frame.ts";
import type { TrackerCache } from "./tracker-cache.ts";

export interface TrackDeps extends Pipeline {
  readonly trackers: TrackerCache;
}

/** Tracks the run of finished batches at the cursor. */
export async function trackBatches(
  deps: TrackDeps,
  message: TrackMessage,
  context: TaskContext,
): Promise<void> {
  await moveCursor(deps, message, context, async (run, { plan }) => {
    const { media, sampling, tracker: options } = plan;
    const { everyNth } = sampling;
    const [tracker, frames] = await Promise.all([
      deps.trackers.take(run.ck, options, media),
      readFrames(deps, run.batches),
    ]);
    const rows = frames.map((frame, i) => {
      const number = sampledFrame(sampling, run.ord + i);
      return trackFrame(tracker, frame, { number, everyNth, size: media });
    });
    return {
      rows,
      checkpoint: JSON.stringify(tracker.save()),
      onCommitted: (checkpoint) => deps.trackers.give(checkpoint, tracker),
    };
  });
}

/** The frames of a run in order; those of a range that failed have nothing but their place. */
async function readFrames(
  { objects }: TrackDeps,
  batches: readonly DoneBatch[],
): Promise<UntrackedFrame[]> {
  const ranges = await Promise.all(
    batches
      .flatMap((batch) => batch.ranges)
      .map(async ({ f, t, ref }): Promise<UntrackedFrame[]> => {
        if (ref === undefined) return Array.from({ length: t - f }, () => "gap" as const);
        const result = await readIntermediateJson(objects, ref, inferResultSchema);
        return result.frames.map((detections, i) => ({
          pts: result.pts[i]!,
          detections,
          seen: seenOf(result, i),
          features: result.features?.[i],
          landmarks: result.landmarks?.[i],
        }));
      }),
  );
  return ranges.flat();
}
