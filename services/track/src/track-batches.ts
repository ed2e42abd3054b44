import {
  batchKey,
  type InferredBatch,
  inferResultSchema,
  type Part,
  type TrackMessage,
} from "@framequeue/contracts";
import {
  type DoneBatch,
  NotWanted,
  type Pipeline,
  putIntermediate,
  readIntermediateJson,
  type TaskContext,
  type TrackRun,
} from "@framequeue/pipeline";
import { rollUpParts } from "./roll-up.ts";
import { trackFrame, type UntrackedFrame } from "./track-frame.ts";
import type { TrackerCache } from "./tracker-cache.ts";

/** Batches of one commit: enough to keep up when infer is fast, few enough that little is done again after a crash. */
const RUN_BATCHES = 8;

export interface TrackDeps extends Pipeline {
  readonly trackers: TrackerCache;
}

/** Tracks the run of finished batches at the cursor and moves the cursor behind it. */
export async function trackBatches(
  deps: TrackDeps,
  { job, epoch }: TrackMessage,
  { count }: TaskContext,
): Promise<void> {
  const { ledger, queues, objects, trackers } = deps;
  const facts = await deps.facts(job, epoch);
  if (facts === undefined) return;

  const run = await ledger.trackBegin(job, epoch, RUN_BATCHES);
  await queues.addDue(job, epoch, run.due);
  if (run.a !== "run") return;
  await rollUpParts(deps, job, epoch, run);

  const { media } = facts.plan;
  const { everyNth = 1, tracker: options } = facts.job.options;
  const [tracker, frames] = await Promise.all([
    trackers.take(run.ck, options, media),
    readFrames(deps, run.batches),
  ]);
  const rows = frames.map((frame, i) => {
    return trackFrame(tracker, frame, { number: (run.ord + i) * everyNth, everyNth, size: media });
  });
  const part: Part = {
    v: 1,
    rows,
    batches: run.batches.map((batch, i) => originOf(run, batch, i)),
  };
  // The objects come first, under names made of their content: the commit names only what exists.
  const [partRef, checkpoint] = await Promise.all([
    putIntermediate(objects, job, epoch, "part", JSON.stringify(part)),
    putIntermediate(objects, job, epoch, "checkpoint", JSON.stringify(tracker.save())),
  ]);
  const committed = await ledger.trackCommit(
    job,
    epoch,
    run,
    run.batches.length,
    checkpoint,
    run.ord + frames.length,
    partRef,
  );
  if (committed.a === "gone") throw new NotWanted(job);
  if (committed.a !== "ok") return;
  count({ frames: frames.length, batches: run.batches.length });
  trackers.give(checkpoint, tracker);
  await queues.addDue(job, epoch, committed.due);
  await deleteExpired(deps, committed.expired ?? [], checkpoint);
}

/** Where the rows of the i-th batch of a run come from. */
function originOf({ cs, cb }: TrackRun, { frames, ranges }: DoneBatch, i: number): InferredBatch {
  return {
    k: batchKey({ segment: cs, batch: cb + i }),
    frames,
    ranges: ranges.map(({ f, t, ref }) => ({ f, t, ...(ref === undefined ? {} : { ref }) })),
  };
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
          seen: {
            ...(result.masks && { masks: result.masks[i]! }),
            ...(result.attributes && { attributes: result.attributes[i]! }),
            ...(result.areas && { areas: result.areas[i]! }),
            ...(result.labels && { labels: result.labels[i]! }),
          },
          features: result.features?.[i],
          landmarks: result.landmarks?.[i],
        }));
      }),
  );
  return ranges.flat();
}

/** Old checkpoints are not needed any more. Equal states have one name, so the newest may be among them. */
async function deleteExpired(
  { objects }: TrackDeps,
  expired: readonly string[],
  checkpoint: string,
): Promise<void> {
  await Promise.all(expired.filter((ref) => ref !== checkpoint).map((ref) => objects.delete(ref)));
}
