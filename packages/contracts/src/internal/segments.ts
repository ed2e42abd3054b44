import { z } from "zod";

/** A span of the source that begins at a key frame. */
export const segmentSchema = z.object({
  /** pts of the key frame, in the stream's time base. Absent in sequential mode: decode from the start to the end. */
  startPts: z.int().optional(),
  /** pts of every frame in presentation order, as deltas: first value absolute, then differences. Absent likewise. */
  ptsDeltas: z.array(z.int()).optional(),
  /**
   * In sequential mode, the times of the packets in the order in which they are to be shown, as deltas likewise: an
   * expectation, by which missing frames are placed. Absent where packets have no times.
   */
  expectedDeltas: z.array(z.int()).optional(),
  /** The content name of the object that holds one of the two above. Absent where there is none, or an older version put it. */
  timesName: z.string().optional(),
  /** Frames to expect. In sequential mode an expectation only, and 0 where nothing is known. */
  frames: z.int().min(0),
  /** The source ends before its headers say, although nothing in it may be damaged: what is missing was cut off. */
  truncated: z.literal(true).optional(),
});
export type Segment = z.infer<typeof segmentSchema>;

/** Times as they stand in a segment: first value absolute, then differences. */
export function toDeltas(values: ArrayLike<number>): number[] {
  return Array.from(values, (value, index) => value - (index === 0 ? 0 : (values[index - 1] ?? 0)));
}

/** The inverse of `toDeltas`. */
export function fromDeltas(deltas: readonly number[]): number[] {
  let value = 0;
  return deltas.map((delta) => (value += delta));
}
