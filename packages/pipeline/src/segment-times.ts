import { type JobId, type Segment, segmentSchema } from "@framequeue/contracts";
import { ObjectNotFound, type ObjectStore } from "@framequeue/storage";
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
  for (const [index, { ptsDeltas, expectedDeltas, ...segment }] of segments.entries()) {
    bare.push(segment);
    const times = ptsDeltas ?? expectedDeltas;
    if (times === undefined) continue;
    await objects.put(objectKeys.segmentTimes(job, epoch, index), JSON.stringify(times));
  }
  return bare;
}

/** A segment of a plan with the times of its frames, or those that a sequential one expects, where there are any. */
export async function readSegment(
  objects: ObjectStore,
  job: JobId,
  epoch: string,
  plan: Pick<Plan, "segments">,
  index: number,
): Promise<Segment> {
  const segment = plan.segments[index]!;
  try {
    const body = await objects.get(objectKeys.segmentTimes(job, epoch, index));
    const times = timesSchema.parse(JSON.parse(body.toString()));
    return segment.startPts === undefined
      ? { ...segment, expectedDeltas: times }
      : { ...segment, ptsDeltas: times };
  } catch (error) {
    if (segment.startPts === undefined && error instanceof ObjectNotFound) return segment;
    throw error;
  }
}
