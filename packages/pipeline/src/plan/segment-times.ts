import { type JobId, type Segment, segmentSchema } from "@framequeue/contracts";
import { contentName, type ObjectStore } from "@framequeue/storage";
import { IntermediateLost, orLost } from "../protocol/intermediates.ts";
import { objectKeys } from "../ledger/keys.ts";
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
    const times = ptsDeltas ?? expectedDeltas;
    if (times === undefined) {
      bare.push(segment);
      continue;
    }
    const body = JSON.stringify(times);
    await objects.put(objectKeys.segmentTimes(job, epoch, index), body);
    bare.push({ ...segment, timesName: contentName(body) });
  }
  return bare;
}

/**
 * A segment of a plan with the times of its frames, or those that a sequential one expects, where there are any.
 *
 * @throws IntermediateLost
 */
export async function readSegment(
  objects: ObjectStore,
  job: JobId,
  epoch: string,
  plan: Pick<Plan, "segments">,
  index: number,
): Promise<Segment> {
  const { timesName, ...segment } = plan.segments[index]!;
  const key = objectKeys.segmentTimes(job, epoch, index);
  if (timesName === undefined && (await objects.stat(key)) === undefined) {
    // A sequential one may have none.
    if (segment.startPts === undefined) return segment;
    throw new IntermediateLost(key);
  }
  const body = await orLost(key, () => objects.get(key));
  if (timesName !== undefined && contentName(body) !== timesName) throw new IntermediateLost(key);
  const times = timesSchema.parse(JSON.parse(body.toString()));
  return segment.startPts === undefined
    ? { ...segment, expectedDeltas: times }
    : { ...segment, ptsDeltas: times };
}
