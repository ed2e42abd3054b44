import { z } from "zod";
import { option } from "./option.ts";

const share = z.number().min(0).max(1);
const cosineDistance = z.number().min(0).max(2);
const whole = z.int().min(0);
const fewFrames = whole.max(10_000);
const manyFrames = z.int().min(1).max(1_000_000);

/** Of every tracker. */
const common = {
  perClass: option(z.boolean().default(true), {
    text: "track each class on its own, so that a track never changes its class; without, a track has the class of its latest detection",
  }),
  hideStillFrames: option(manyFrames.optional(), {
    text: "frames after which tracks of what stands still are not shown any more, until it moves",
    unset: "none",
  }),
  recall: option(
    z
      .strictObject({
        maxCosineDistance: option(cosineDistance.default(0.2), {
          text: "largest cosine distance between something new and something old",
          flag: "recall-distance",
        }),
        frames: option(manyFrames.default(1500), {
          text: "frames after it was last seen for which a track is remembered",
          flag: "recall-frames",
        }),
      })
      .optional(),
    {
      text: "what comes back long after its track ended gets its former id, where it looks alike; needs an `embedder`",
      unset: "none",
    },
  ),
} as const;

/** The scores above which a detection is tracked are those of a detector: a share. */
const minScore = (by: number) =>
  option(share.default(by), {
    text: "only detections above are tracked (`deepsort`: from it on)",
    flag: "track-min-score",
  });
const maxAge = (by: number, schema: z.ZodInt = fewFrames) =>
  option(schema.default(by), { text: "frames that a track may go without a detection" });
const minHits = option(whole.default(3), { text: "matches in a row before a track is shown" });
const iouThreshold = option(share.default(0.3), {
  text: "least overlap with the predicted box, or (`ocsort`) with the last one",
});

/** What ByteTrack and BoT-SORT have in common. */
const byte = (matchThreshold: number) => ({
  trackThreshold: option(share.default(0.5), {
    text: "detections above are matched first; those below only continue tracks that nothing else matched",
  }),
  lowThreshold: option(share.default(0.1), {
    text: "detections below are not looked at; at most `trackThreshold`",
  }),
  foundThreshold: option(share.default(0.6), {
    text: "least score of a detection that founds a track",
  }),
  matchThreshold: option(share.default(matchThreshold), {
    text: "largest cost of a match: 1 - overlap, or 1 - overlap times score where scores are fused",
  }),
  trackBuffer: option(fewFrames.default(30), {
    text: "frames that a lost track is remembered",
  }),
  fuseScores: option(z.boolean().default(true), { text: "the overlap counts times the score" }),
});

/** The options of each tracker beside its name. The order is that of result headers. */
export const TRACKER_OPTIONS = {
  bytetrack: { ...common, ...byte(0.9) },
  /** ByteTrack with a motion model of width and height; tracks are shown from their first detection on. */
  botsort: {
    ...common,
    ...byte(0.8),
    appearance: option(z.boolean().optional(), {
      text: "looks count beside the place; needs an `embedder`",
      default: false,
    }),
    proximityThreshold: option(share.optional(), {
      text: "largest cost of place, 1 - overlap, at which looks are compared",
      default: 0.5,
    }),
    appearanceThreshold: option(share.optional(), {
      text: "largest cost of looks, half their cosine distance",
      default: 0.25,
    }),
    cameraMotion: option(z.boolean().optional(), {
      text: "tracks move along with a camera that moves, told from what stands still in the picture",
      default: false,
    }),
  },
  /** Matches by looks first, and by place what has been seen lately. */
  deepsort: {
    ...common,
    minScore: minScore(0.3),
    maxCosineDistance: option(cosineDistance.default(0.2), {
      text: "largest cosine distance between a detection and the nearest look of a track",
    }),
    gallerySize: option(z.int().min(1).max(1000).default(100), {
      text: "looks that a track remembers",
    }),
    maxAge: maxAge(30),
    minHits,
    maxOverlapCost: option(share.default(0.7), { text: "largest cost of place, 1 - overlap" }),
  },
  sort: { ...common, minScore: minScore(0.5), maxAge: maxAge(5, whole), minHits, iouThreshold },
  ocsort: {
    ...common,
    minScore: minScore(0.5),
    maxAge: maxAge(30),
    minHits,
    iouThreshold,
    deltaFrames: option(z.int().min(1).max(100).default(3), {
      text: "frames over which a track's direction is taken",
    }),
    inertia: option(share.default(0.2), {
      text: "weight of the direction beside the overlap",
    }),
    refind: option(z.boolean().default(false), {
      text: "tracks that hid are found again where their steady motion would have taken them",
    }),
  },
} as const;

export type TrackerName = keyof typeof TRACKER_OPTIONS;
export const TRACKER_NAMES = Object.keys(TRACKER_OPTIONS) as TrackerName[];
export const DEFAULT_TRACKER = "bytetrack" satisfies TrackerName;

const strict = {
  bytetrack: z.strictObject({ algorithm: z.literal("bytetrack"), ...TRACKER_OPTIONS.bytetrack }),
  botsort: z.strictObject({ algorithm: z.literal("botsort"), ...TRACKER_OPTIONS.botsort }),
  deepsort: z.strictObject({ algorithm: z.literal("deepsort"), ...TRACKER_OPTIONS.deepsort }),
  sort: z.strictObject({ algorithm: z.literal("sort"), ...TRACKER_OPTIONS.sort }),
  ocsort: z.strictObject({ algorithm: z.literal("ocsort"), ...TRACKER_OPTIONS.ocsort }),
} as const;

/** How detections become tracks. All match boxes by place, and some by looks too. */
const trackerUnionSchema = z
  .discriminatedUnion("algorithm", [
    strict.bytetrack,
    strict.botsort,
    strict.deepsort,
    strict.sort,
    strict.ocsort,
  ])
  .refine(
    (tracker) => !("lowThreshold" in tracker) || tracker.lowThreshold <= tracker.trackThreshold,
    { path: ["lowThreshold"], error: "must not be above trackThreshold" },
  );

/**
 * The same as it stands in a plan, with a value for every option: one that a later version adds is there, too, and this
 * version does what it always did.
 */
export const plannedTrackerSchema = z.discriminatedUnion("algorithm", [
  strict.bytetrack.strip(),
  strict.botsort.strip(),
  strict.deepsort.strip(),
  strict.sort.strip(),
  strict.ocsort.strip(),
]);

/** Options without an algorithm are those of the default one. */
export const trackerOptionsSchema = z.preprocess(
  (value) =>
    typeof value === "object" && value !== null && !("algorithm" in value)
      ? { algorithm: DEFAULT_TRACKER, ...value }
      : value,
  trackerUnionSchema,
);
export type TrackerOptions = z.infer<typeof trackerOptionsSchema>;

export const trackingOptions = {
  tracker: trackerOptionsSchema.prefault({ algorithm: DEFAULT_TRACKER }),
} as const;

/** What a tracker that is not asked for it does without. */
type OnRequest = "hideStillFrames" | "recall";
type Whole<T> = T extends TrackerOptions
  ? Omit<Required<T>, OnRequest> & Pick<T, OnRequest & keyof T>
  : never;

/** A tracker's options with a value for each, also where a job and its results write none. */
export type WholeTrackerOptions = Whole<TrackerOptions>;
export type TrackerOptionsOf<A extends TrackerName> = Extract<
  WholeTrackerOptions,
  { algorithm: A }
>;

/** What trackers are told: options with those that a job leaves out. */
export function resolveTracker(tracker: TrackerOptions): WholeTrackerOptions {
  const filled: Record<string, unknown> = { ...tracker };
  for (const [name, schema] of Object.entries(TRACKER_OPTIONS[tracker.algorithm])) {
    filled[name] ??= schema.meta()?.["default"];
    if (filled[name] === undefined) delete filled[name];
  }
  return filled as unknown as WholeTrackerOptions;
}

/** Whether a tracker goes by looks, so that its job needs a model for them. */
export function needsLooks(tracker: TrackerOptions): boolean {
  return (
    tracker.recall !== undefined ||
    tracker.algorithm === "deepsort" ||
    (tracker.algorithm === "botsort" && tracker.appearance === true)
  );
}

/** Whether a tracker follows the camera, so that infer has to leave landmarks for it. */
export function followsCamera(tracker: TrackerOptions): boolean {
  return tracker.algorithm === "botsort" && tracker.cameraMotion === true;
}
