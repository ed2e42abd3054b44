import { z } from "zod";
import { scoredLabelSchema, seenOfFrame, seenOfFrames } from "../results/row-fields.ts";
import { batchKeySchema } from "./ids.ts";

/** `[x, y, width, height, score, classId]`, rounded as in the result files, best score first. */
export const detectionTupleSchema = z.tuple([
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.int().min(0),
]);
export type DetectionTuple = z.infer<typeof detectionTupleSchema>;

/** What infer leaves for track: detections of consecutive frames, one entry per frame. */
export const inferResultSchema = z.object({
  v: z.literal(1),
  pts: z.array(z.int()),
  frames: z.array(z.array(detectionTupleSchema)),
  ...seenOfFrames,
  /** Of a job with a model for looks: a vector for each detection, as `encodeFeature` writes it; null where none is asked for. */
  features: z.array(z.array(z.string().nullable())).optional(),
  /** Of a job that follows the camera: the landmarks of each frame, as `encodeLandmarks` writes them. */
  landmarks: z.array(z.string()).optional(),
});
export type InferResult = z.infer<typeof inferResultSchema>;

/** What track leaves for index and render besides its part of the rows: all parts that went before, in order. */
export const partManifestSchema = z.object({
  v: z.literal(1),
  /** The manifest before this one; empty at the start. */
  previous: z.string(),
  parts: z.array(z.string()),
});
export type PartManifest = z.infer<typeof partManifestSchema>;

/** `[trackId, x, y, width, height, classId, score, detection]`: a track in one frame, `detection` -1 where predicted. */
export const trackTupleSchema = z.tuple([
  z.int().positive(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.int().min(0),
  z.number(),
  z.int().min(-1),
]);
export type TrackTuple = z.infer<typeof trackTupleSchema>;

/** A frame after track, or a frame that could not be analysed. */
export const partRowSchema = z.union([
  z.object({
    frame: z.int().min(0),
    pts: z.int(),
    detections: z.array(detectionTupleSchema),
    tracks: z.array(trackTupleSchema),
    ...seenOfFrame,
  }),
  z.object({ frame: z.int().min(0), gap: z.literal("inference-error") }),
]);
export type PartRow = z.infer<typeof partRowSchema>;

/** A batch and the objects that infer left of it. A range without one has no result. */
export const inferredBatchSchema = z.object({
  k: batchKeySchema,
  frames: z.int().min(1),
  ranges: z.array(z.object({ f: z.int(), t: z.int(), ref: z.string().optional() })),
});
export type InferredBatch = z.infer<typeof inferredBatchSchema>;

/** What track leaves for index and render: the rows of consecutive frames. */
export const partSchema = z.object({
  v: z.literal(1),
  rows: z.array(partRowSchema),
  /** Where the rows come from, for a retry to adopt. */
  batches: z.array(inferredBatchSchema),
});
export type Part = z.infer<typeof partSchema>;

/** A view of a track: where it is, and where its pixels lie. */
export const trackViewSchema = z.object({
  trackId: z.int().positive(),
  classId: z.int().min(0),
  frame: z.int().min(0),
  pts: z.int(),
  /** Of the detection, in source pixels. */
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  /**
   * Three planes, green, blue and red, in one of the packs. Absent where the frame did not decode once more.
   */
  pixels: z
    .object({
      pack: z.int().min(0),
      byteOffset: z.int().min(0),
      width: z.int().positive(),
      height: z.int().positive(),
    })
    .optional(),
});
export type TrackView = z.infer<typeof trackViewSchema>;

/** What the cut step leaves for look: the best views of the tracks, by track and time, and the objects with their pixels. */
export const cutReportSchema = z.object({
  v: z.literal(1),
  packs: z.array(z.string()),
  views: z.array(trackViewSchema),
});
export type CutReport = z.infer<typeof cutReportSchema>;

/** What look leaves for index: an entry for each view. */
export const lookReportSchema = z.object({
  v: z.literal(1),
  views: z.array(
    z.object({
      /** As `encodeFeature` writes it; absent where no model for that was wanted, or it failed. */
      feature: z.string().optional(),
      /** The best labels; absent where no model for that was wanted, or it failed. */
      attributes: z.array(scoredLabelSchema).optional(),
    }),
  ),
  /** Views that a model failed on, or whose frame did not decode once more. */
  failed: z.int().min(0),
});
export type LookReport = z.infer<typeof lookReportSchema>;

/** A vector as text: its 32-bit floats, least byte first, in base64. */
export function encodeFeature(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");
}

/** @throws RangeError if the text is no vector */
export function decodeFeature(text: string): Float32Array {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length % 4 !== 0) throw new RangeError("the text is no vector of 32-bit floats");
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
