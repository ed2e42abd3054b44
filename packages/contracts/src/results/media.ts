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

export const segmentModeSchema = z.enum(["parallel", "sequential"]);
export type SegmentMode = z.infer<typeof segmentModeSchema>;
