import { type JobId, type Segment, segmentSchema } from "@framequeue/contracts";
import type { ObjectStore } from "@framequeue/storage";
import { objectKeys } from "./keys.ts";
import type { Plan } from "./plan.ts";

const timesSchema = segmentSchema.shape.ptsDeltas.unwrap();

/**
 * Puts the time of every frame into an object per segment, and answers the segments without them: a plan stays small
 * however long the video is, and every service remembers some.
 */
export async function putSegmentTimes(
  objects: ObjectStore,
  job: JobId,
  epoch: string,
  segments: readonly Segment[],
): Promise<Segment[]> {
  const bare: Segment[] = [];
  for (const [index, { ptsDeltas, ...segment }] of segments.entries()) {
    bare.push(segment);
    if (ptsDeltas === undefined) continue;
    await objects.put(objectKeys.segmentTimes(job, epoch, index), JSON.stringify(ptsDeltas));
  }
  return bare;
}

/** A segment of a plan with the times of its frames, where it has them: a sequential one promises none. */
export async function readSegment(
  objects: ObjectStore,
  job: JobId,
  epoch: string,
  plan: Pick<Plan, "segments">,
  index: number,
): Promise<Segment> {
  const segment = plan.segments[index]!;
  if (segment.startPts === undefined) return segment;
  const body = await objects.get(objectKeys.segmentTimes(job, epoch, index));
  return { ...segment, ptsDeltas: timesSchema.parse(JSON.parse(body.toString())) };
}
