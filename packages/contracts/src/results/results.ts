import { z } from "zod";
import { jobIdSchema } from "../api/ids.ts";
import { jobStateSchema } from "../api/jobs.ts";
import { modelRefSchema } from "../api/models.ts";
import { resultOptionsSchema } from "../api/options/job-options.ts";
import { problemSchema } from "../api/problems.ts";
import { mediaInfoSchema, segmentModeSchema, timeBaseSchema } from "./media.ts";
import { detectionRowShape, frameRowShape, labelRowSchema } from "./row-fields.ts";
import { RESULT_SCHEMA_VERSION } from "./version.ts";

/** `[x, y, width, height]` in source pixels, rounded to 2 decimals, clipped to the frame. */
export const boxSchema = z.tuple([z.number(), z.number(), z.number(), z.number()]);
export type ResultBox = z.infer<typeof boxSchema>;

const headerFields = {
  schemaVersion: z.literal(RESULT_SCHEMA_VERSION),
  media: z.object({
    sha256: z.string(),
    width: z.int(),
    height: z.int(),
    rotation: z.int(),
    timeBase: timeBaseSchema,
    frames: z.int(),
  }),
  models: z.array(modelRefSchema),
  options: resultOptionsSchema,
};

/** First line of `frames.jsonl`, `tracks.jsonl` and `views.jsonl`. It holds nothing that differs between two runs of equal inputs. */
export const resultHeaderSchema = z.object({
  schemaVersion: headerFields.schemaVersion,
  kind: z.enum(["frames", "tracks", "views"]),
  media: headerFields.media,
  models: headerFields.models,
  options: headerFields.options,
});
export type ResultHeader = z.infer<typeof resultHeaderSchema>;

export const detectionSchema = z.object({
  box: boxSchema,
  /** 0 to 1, rounded to 4 decimals. */
  score: z.number(),
  classId: z.int().min(0),
  label: z.string(),
  /** Absent while no confirmed track claims the detection. */
  trackId: z.int().positive().optional(),
  ...detectionRowShape,
});
export type DetectionRow = z.infer<typeof detectionSchema>;

/** One frame: `frame` counts from 0 in presentation order, `pts` in ticks of the header's time base. */
export const frameRowSchema = z.object({
  frame: z.int().min(0),
  pts: z.int(),
  detections: z.array(detectionSchema),
  ...frameRowShape,
});
export type FrameRow = z.infer<typeof frameRowSchema>;

export const GAP_REASONS = ["decode-error", "source-truncated", "inference-error"] as const;
export const gapSchema = z.object({
  from: z.int().min(0),
  /** Inclusive. */
  to: z.int().min(0),
  reason: z.enum(GAP_REASONS),
});
export type Gap = z.infer<typeof gapSchema>;
export const gapRowSchema = z.object({ gap: gapSchema });

export const frameFileRowSchema = z.union([frameRowSchema, gapRowSchema]);
export type FrameFileRow = z.infer<typeof frameFileRowSchema>;

const pathPoint = z.tuple([z.int(), z.number(), z.number(), z.number(), z.number()]);
const moment = z.object({ frame: z.int(), pts: z.int() });
export const trackRowSchema = z.object({
  trackId: z.int().positive(),
  classId: z.int().min(0),
  label: z.string(),
  /** Mean score of the observations, rounded to 4 decimals. */
  score: z.number(),
  first: moment,
  last: moment,
  /** Frames in which the track was seen. */
  observed: z.int().min(0),
  /** Of a job with a classifier: labels by their mean score over what was looked at of the track, the best first. */
  attributes: z.array(labelRowSchema).optional(),
  /** The observation of the highest score times area: where the object is seen best. */
  best: z.object({ frame: z.int(), box: boxSchema }),
  /**
   * `[frame, x, y, width, height]` per frame: the tracker's box, in source pixels. A sixth element 0 where nothing was
   * seen of the track: its box is then predicted or filled in.
   */
  path: z.array(z.union([pathPoint, z.tuple([...pathPoint.def.items, z.literal(0)])])),
});
export type TrackRow = z.infer<typeof trackRowSchema>;

/** A moment at which a track is seen well, and what the job's models made of it. */
export const viewRowSchema = z.object({
  trackId: z.int().positive(),
  classId: z.int().min(0),
  label: z.string(),
  frame: z.int().min(0),
  pts: z.int(),
  box: boxSchema,
  /** What the embedder gave: 32-bit floats, least byte first, in base64. Absent where it failed. */
  embedding: z.string().optional(),
  /** What the classifier gave, the best first. Absent where it failed. */
  attributes: z.array(labelRowSchema).optional(),
});
export type ViewRow = z.infer<typeof viewRowSchema>;

export const warningSchema = z.object({ code: z.string(), detail: z.string() });
export type Warning = z.infer<typeof warningSchema>;

/** `summary.json`: everything that may differ between two runs stands here and only here. */
export const summarySchema = z.object({
  schemaVersion: z.literal(RESULT_SCHEMA_VERSION),
  jobId: jobIdSchema,
  state: jobStateSchema,
  source: z.object({ name: z.string(), sha256: z.string(), media: mediaInfoSchema }),
  models: z.array(modelRefSchema),
  /** Of the video. */
  frames: z.int().min(0),
  /** Those of them that the job looked at: fewer where it looks at every n-th only. Absent in older results: all. */
  framesLookedAt: z.int().min(0).optional(),
  detections: z.int().min(0),
  tracks: z.int().min(0),
  /** Tracks by label. */
  objects: z.record(z.string(), z.int()),
  gaps: z.array(gapSchema),
  warnings: z.array(warningSchema),
  timing: z.object({
    acceptedAt: z.string(),
    startedAt: z.string(),
    finishedAt: z.string(),
    /** From the first decode to the last durable result. */
    seconds: z.number(),
    /** Frames of the video over `seconds`. */
    fps: z.number(),
  }),
  execution: z.object({
    mode: segmentModeSchema,
    segments: z.int(),
    batchFrames: z.int(),
    /** The version of ffmpeg that decoded. Absent in older results. */
    ffmpeg: z.string().optional(),
    /** Provider, processor and version of the runtime that inferred; absent where any process might. */
    numericClass: z.string().optional(),
  }),
});
export type Summary = z.infer<typeof summarySchema>;

/** `jobs/<id>/result.<run>.json`: the truth about a job that has ended. */
export const jobResultSchema = z.object({
  v: z.literal(1),
  job: jobIdSchema,
  run: z.int().positive(),
  state: jobStateSchema,
  finishedAt: z.string(),
  warnings: z.array(warningSchema),
  problem: problemSchema.optional(),
  /** Object store keys by file name. */
  artifacts: z.record(
    z.string(),
    z.object({ key: z.string(), bytes: z.int(), sha256: z.string() }),
  ),
  /** Object that lists what a retry can adopt. */
  kept: z.string().optional(),
});
export type JobResult = z.infer<typeof jobResultSchema>;
