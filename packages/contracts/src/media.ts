import { z } from "zod";

/** Numerator and denominator of one tick in seconds: `[1, 12800]`. */
export const timeBaseSchema = z.tuple([z.int().positive(), z.int().positive()]);
export type TimeBase = z.infer<typeof timeBaseSchema>;

export const sizeSchema = z.object({ width: z.int().positive(), height: z.int().positive() });
export type Size = z.infer<typeof sizeSchema>;

/**
 * What the product knows of a source after probing it. `width` and `height` are those of the picture as it is shown: after
 * `rotation` (degrees clockwise, one of 0, 90, 180, 270), and with square pixels, the width stretched or shrunk where the
 * source stores pixels of another shape. All boxes are in this space.
 */
export const mediaInfoSchema = z.object({
  container: z.string(),
  codec: z.string(),
  /** Index of the video stream inside the container. */
  streamIndex: z.int().min(0),
  width: z.int().positive(),
  height: z.int().positive(),
  rotation: z.union([z.literal(0), z.literal(90), z.literal(180), z.literal(270)]),
  timeBase: timeBaseSchema,
  /** Where the container's clock starts, in seconds; seeks count from here. */
  startSeconds: z.number(),
  /** As the container states it; it may lie. 0 where it does not say. */
  durationSeconds: z.number().min(0),
  /** Frames that the container's index promises, where it has an index that can be trusted. */
  indexedFrames: z.int().min(0).optional(),
  /** Where the container says that the video ends, in ticks of its time base, where it says so. */
  statedEnd: z.int().optional(),
  /** The file has fewer bytes than its headers promise. Some writers count wrongly: see whether frames are missing, too. */
  cutShort: z.literal(true).optional(),
  hasAudio: z.boolean(),
  /** The video streams to choose from, in stored pixels; absent where there is only one. */
  videoStreams: z
    .array(
      z.object({
        index: z.int().min(0),
        codec: z.string(),
        width: z.int().min(0),
        height: z.int().min(0),
      }),
    )
    .optional(),
});
export type MediaInfo = z.infer<typeof mediaInfoSchema>;

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

export const segmentModeSchema = z.enum(["parallel", "sequential"]);
export type SegmentMode = z.infer<typeof segmentModeSchema>;

/** Times as they stand in a segment: first value absolute, then differences. */
export function toDeltas(values: ArrayLike<number>): number[] {
  return Array.from(values, (value, index) => value - (index === 0 ? 0 : (values[index - 1] ?? 0)));
}

/** The inverse of `toDeltas`. */
export function fromDeltas(deltas: readonly number[]): number[] {
  let value = 0;
  return deltas.map((delta) => (value += delta));
}
