import { fromDeltas, GAP_REASONS, type JobId, toDeltas } from "@framequeue/contracts";
import type { ObjectStore } from "@framequeue/storage";
import { z } from "zod";
import type { Ports } from "../ports.ts";
import { putIntermediate, readIntermediateJson } from "../protocol/intermediates.ts";
import type { JobRecord } from "../ledger/ledger.ts";
import { readRows } from "../protocol/parts.ts";
import type { StepWork } from "../protocol/step.ts";
import { readSegment } from "../plan/segment-times.ts";
import { videoFrames } from "../jobs/video-frames.ts";

const missingSchema = z.object({
  /** The first frame behind them, by its number among those that decoded. */
  before: z.int().min(0),
  frames: z.int().min(1),
  reason: z.enum(GAP_REASONS),
});

/** Frames that the source promised and that did not decode. */
export type MissingSpan = z.infer<typeof missingSchema>;

const storedSchema = z.object({
  v: z.literal(1),
  /** pts of every frame that decoded, as deltas: first value absolute, then differences. */
  ptsDeltas: z.array(z.int()),
  missing: z.array(missingSchema),
  isReshaped: z.boolean(),
});

/** When the frames of a video are shown, in ticks of its time base, and where some are missing. */
export interface Timeline {
  /** Of every frame that decoded, in their order. */
  readonly pts: readonly number[];
  /** In their order. */
  readonly missing: readonly MissingSpan[];
  /** Whether pictures change their shape on the way. */
  readonly isReshaped: boolean;
  /** Whether it was told, and not made up for frames without a row. */
  readonly isExact: boolean;
}

/** Leaves what decoding a whole video in one go told of it; answers the object's key. */
export async function putTimeline(
  objects: ObjectStore,
  job: JobId,
  epoch: string,
  { pts, missing, isReshaped }: Omit<Timeline, "isExact">,
): Promise<string> {
  const stored = { v: 1, ptsDeltas: toDeltas(pts), missing, isReshaped };
  return await putIntermediate(objects, job, epoch, "timeline", JSON.stringify(stored));
}

/** The timeline of a job that is tracked: as it was planned, as its decoder told, or else by its rows. */
export async function readTimeline(
  pipeline: Pick<Ports, "ledger" | "objects">,
  work: StepWork,
): Promise<Timeline> {
  const { objects } = pipeline;
  const { job, plan, epoch, record } = work;
  if (plan.mode === "parallel") {
    const pts: number[] = [];
    for (const segment of plan.segments.keys()) {
      const { ptsDeltas = [] } = await readSegment(objects, job.id, epoch, plan, segment);
      for (const each of fromDeltas(ptsDeltas)) pts.push(each);
    }
    return { pts, missing: [], isReshaped: false, isExact: true };
  }
  const ref = record["timeline"];
  if (ref === undefined) return await timelineOfRows(pipeline, work);
  const stored = await readIntermediateJson(objects, ref, storedSchema);
  return { ...stored, pts: fromDeltas(stored.ptsDeltas), isExact: true };
}

/**
 * Where nobody told: every batch was adopted from an earlier run, the decoder never came to its end, or another version
 * decoded. Frames without a row are spread evenly, and missing ones are put at the end.
 */
async function timelineOfRows(
  pipeline: Pick<Ports, "ledger" | "objects">,
  work: StepWork,
): Promise<Timeline> {
  const { job, epoch, record } = work;
  const frames = videoFrames(work, record);
  const pts: number[] = [];
  let step = 1;
  for await (const row of readRows(pipeline, job.id, epoch)) {
    if ("gap" in row) continue;
    const last = pts.at(-1);
    const since = row.frame - pts.length + 1;
    if (last !== undefined) step = (row.pts - last) / since;
    const from = last ?? row.pts - since * step;
    for (let k = 1; k < since; k++) pts.push(Math.round(from + k * step));
    pts.push(row.pts);
  }
  while (pts.length < frames) pts.push(Math.round((pts.at(-1) ?? 0) + step));
  return { pts, missing: missingAtEnd(record, frames), isReshaped: false, isExact: false };
}

function missingAtEnd(record: JobRecord, frames: number): MissingSpan[] {
  const missing = Number(record["missing"] ?? 0);
  if (missing === 0) return [];
  const reason = z.enum(GAP_REASONS).parse(record["missingReason"]);
  return [{ before: frames, frames: missing, reason }];
}
