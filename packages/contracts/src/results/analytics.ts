import { z } from "zod";
import { analyticsOptionsSchema } from "../api/options/analytics.ts";
import { resultHeaderSchema } from "./results.ts";
import { RESULT_SCHEMA_VERSION } from "./version.ts";

/** First line of `events.jsonl`. */
export const eventsHeaderSchema = resultHeaderSchema.extend({
  kind: z.literal("events"),
  analytics: analyticsOptionsSchema,
});
export type EventsHeader = z.infer<typeof eventsHeaderSchema>;

const eventFields = {
  trackId: z.int().positive(),
  classId: z.int().min(0),
  label: z.string(),
  frame: z.int().min(0),
  pts: z.int(),
  /** The anchor in that frame, source pixels with 2 decimals. */
  at: z.tuple([z.number(), z.number()]),
};

/** A row of `events.jsonl` after its header, in the order in which it became certain. */
export const analyticsEventSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("cross"),
    line: z.string(),
    direction: z.enum(["in", "out"]),
    ...eventFields,
    /** Over the second before. Absent where it was seen for less than half of one. */
    speed: z.number().optional(),
  }),
  z.object({
    kind: z.literal("enter"),
    zone: z.string(),
    ...eventFields,
    /** It was there when its track began. */
    appeared: z.boolean(),
  }),
  z.object({
    kind: z.literal("exit"),
    zone: z.string(),
    ...eventFields,
    dwellSeconds: z.number(),
    /** Its track ended there. */
    vanished: z.boolean(),
  }),
  z.object({ kind: z.literal("start"), ...eventFields }),
  /** In the first frame without it, of a track that is found later; `at` is where it was last. */
  z.object({ kind: z.literal("lost"), ...eventFields }),
  z.object({ kind: z.literal("found"), ...eventFields, awaySeconds: z.number() }),
  /** In its last frame. */
  z.object({ kind: z.literal("end"), ...eventFields, lifeSeconds: z.number() }),
]);
export type AnalyticsEvent = z.infer<typeof analyticsEventSchema>;

const countsByLabel = z.record(z.string(), z.int());
const crossingsSchema = z.object({ in: countsByLabel, out: countsByLabel });
const occupancySchema = z.object({ mean: z.number(), max: z.int() });
const visitsSchema = z.object({
  enters: countsByLabel,
  exits: countsByLabel,
  occupancy: occupancySchema,
});

/** `analytics.json`. Records by line and zone name, in the order in which the job names them. */
export const analyticsSchema = z.object({
  schemaVersion: z.literal(RESULT_SCHEMA_VERSION),
  kind: z.literal("analytics"),
  media: resultHeaderSchema.shape.media,
  models: resultHeaderSchema.shape.models,
  options: resultHeaderSchema.shape.options,
  analytics: analyticsOptionsSchema,
  /** Tracks by label. */
  objects: countsByLabel,
  lines: z.record(z.string(), crossingsSchema),
  zones: z.record(
    z.string(),
    visitsSchema.extend({
      /** Over the visits, in seconds. */
      dwell: z.object({ visits: z.int(), mean: z.number(), max: z.number() }),
    }),
  ),
  speed: z.object({
    unit: z.enum(["px/s", "m/s"]),
    /** Over the tracks of a label that were seen for half a second: mean of their means, and largest. */
    labels: z.record(z.string(), z.object({ tracks: z.int(), mean: z.number(), max: z.number() })),
  }),
  series: z.array(
    z.object({
      /** Seconds since the first frame. */
      fromSeconds: z.number(),
      frames: z.int(),
      /** Tracks that were seen, by label. */
      objects: countsByLabel,
      lines: z.record(z.string(), crossingsSchema),
      zones: z.record(z.string(), visitsSchema),
    }),
  ),
});
export type Analytics = z.infer<typeof analyticsSchema>;
