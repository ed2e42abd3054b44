import { z } from "zod";
import { analyticsOptionsSchema } from "./analytics-options.ts";
import { bounded, listed } from "./bounds.ts";
import { jobIdSchema } from "./ids.ts";
import { type ModelRef, modelRefSchema } from "./models.ts";
import { ProblemError, problemSchema } from "./problems.ts";

export const JOB_STATES = [
  "queued",
  "validating",
  "running",
  "paused",
  "finalizing",
  "cancelling",
  "succeeded",
  "succeeded_with_warnings",
  "failed",
  "cancelled",
] as const;
export const jobStateSchema = z.enum(JOB_STATES);
export type JobState = z.infer<typeof jobStateSchema>;

export const TERMINAL_STATES = [
  "succeeded",
  "succeeded_with_warnings",
  "failed",
  "cancelled",
] as const satisfies readonly JobState[];

export function isTerminal(state: JobState): state is (typeof TERMINAL_STATES)[number] {
  return (TERMINAL_STATES as readonly JobState[]).includes(state);
}

/** Where the video comes from. `path` is allowed only below the folders that the operator named. */
export const sourceSchema = z.union([
  z.strictObject({ url: z.url({ protocol: /^https?$/ }) }),
  z.strictObject({ path: z.string().min(1) }),
]);
export type Source = z.infer<typeof sourceSchema>;

const share = z.number().min(0).max(1);
/** Track each class on its own; else a track may change its class, and has that of its latest detection. */
const perClass = z.boolean().default(true);
/** Frames after which tracks of what stands still are not shown any more, until it moves. Default: they are. */
const hideStillFrames = z.int().min(1).max(1_000_000).optional();
/**
 * Something that comes back long after its track ended gets its former id, where it looks alike: needs a model for looks.
 * Default: it gets a new one.
 */
const recall = z
  .strictObject({
    /** Largest cosine distance, 0 to 2, between something new and something old. */
    maxCosineDistance: z.number().min(0).max(2).default(0.2),
    /** Frames after it was last seen for which a track is remembered. */
    frames: z.int().min(1).max(1_000_000).default(1500),
  })
  .optional();

/** How detections become tracks. `bytetrack` is the default. All match boxes by place, and some by looks too. */
const trackerUnionSchema = z
  .discriminatedUnion("algorithm", [
    z.strictObject({
      algorithm: z.literal("bytetrack"),
      perClass,
      hideStillFrames,
      recall,
      /** Detections above are matched first; those below only continue tracks that nothing else matched. */
      trackThreshold: share.default(0.5),
      /** Detections below are not looked at. */
      lowThreshold: share.default(0.1),
      /** Least score of a detection that founds a track. */
      foundThreshold: share.default(0.6),
      /** Largest cost of a match: 1 - overlap, or 1 - overlap times score where scores are fused. */
      matchThreshold: share.default(0.9),
      /** Frames that a lost track is remembered. */
      trackBuffer: z.int().min(0).max(10_000).default(30),
      fuseScores: z.boolean().default(true),
    }),
    z.strictObject({
      /** ByteTrack with a motion model of width and height; tracks are shown from their first detection on. */
      algorithm: z.literal("botsort"),
      perClass,
      hideStillFrames,
      recall,
      trackThreshold: share.default(0.5),
      lowThreshold: share.default(0.1),
      foundThreshold: share.default(0.6),
      matchThreshold: share.default(0.8),
      trackBuffer: z.int().min(0).max(10_000).default(30),
      fuseScores: z.boolean().default(true),
      /** Whether looks count beside the place: needs a model for them. Default: they do not. */
      appearance: z.boolean().optional(),
      /** Largest cost of place, 1 - overlap, at which looks are compared. Default: 0.5. */
      proximityThreshold: share.optional(),
      /** Largest cost of looks, half their cosine distance. Default: 0.25. */
      appearanceThreshold: share.optional(),
      /** Whether tracks move along with the camera, told from what stands still in the picture. Default: they do not. */
      cameraMotion: z.boolean().optional(),
    }),
    z.strictObject({
      /** Matches by looks first, and by place what has been seen lately: needs a model for looks. */
      algorithm: z.literal("deepsort"),
      perClass,
      hideStillFrames,
      recall,
      minScore: share.default(0.3),
      /** Largest cosine distance, 0 to 2, between a detection and the nearest look of a track. */
      maxCosineDistance: z.number().min(0).max(2).default(0.2),
      /** Looks that a track remembers. */
      gallerySize: z.int().min(1).max(1000).default(100),
      /** Frames that a track may go without a detection. */
      maxAge: z.int().min(0).max(10_000).default(30),
      /** Matches in a row before a track is shown. */
      minHits: z.int().min(0).default(3),
      /** Largest cost of place, 1 - overlap. */
      maxOverlapCost: share.default(0.7),
    }),
    z.strictObject({
      algorithm: z.literal("sort"),
      perClass,
      hideStillFrames,
      recall,
      minScore: share.default(0.5),
      /** Frames that a track may go without a detection. */
      maxAge: z.int().min(0).default(5),
      /** Matches in a row before a track is shown. */
      minHits: z.int().min(0).default(3),
      /** Least overlap with the predicted box. */
      iouThreshold: share.default(0.3),
    }),
    z.strictObject({
      algorithm: z.literal("ocsort"),
      perClass,
      hideStillFrames,
      recall,
      minScore: share.default(0.5),
      /** Frames that a track may go without a detection. */
      maxAge: z.int().min(0).max(10_000).default(30),
      /** Matches in a row before a track is shown. */
      minHits: z.int().min(0).default(3),
      /** Least overlap with the predicted box, or with the last one. */
      iouThreshold: share.default(0.3),
      /** Frames over which a track's direction is taken. */
      deltaFrames: z.int().min(1).max(100).default(3),
      /** Weight of the direction beside the overlap. */
      inertia: share.default(0.2),
      /** Whether tracks that hid are found again where their steady motion would have taken them. */
      refind: z.boolean().default(false),
    }),
  ])
  .refine(
    (tracker) => !("lowThreshold" in tracker) || tracker.lowThreshold <= tracker.trackThreshold,
    { path: ["lowThreshold"], error: "must not be above trackThreshold" },
  );

/** Options without an algorithm are ByteTrack's. */
export const trackerOptionsSchema = z.preprocess(
  (value) =>
    typeof value === "object" && value !== null && !("algorithm" in value)
      ? { algorithm: "bytetrack", ...value }
      : value,
  trackerUnionSchema,
);
export type TrackerOptions = z.infer<typeof trackerOptionsSchema>;

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

/** Options of a job that change its result. They stand in the header of every result file, defaults filled in. */
export const resultOptionsSchema = z.strictObject({
  /**
   * Only frames 0, n, 2n, … of the source are looked at. Everything that counts frames counts those of the source
   * nevertheless. Default: every frame is.
   */
  everyNth: z.int().min(1).max(60).optional(),
  /**
   * The video stream that is looked at, by its place among all streams of the file, from 0. Default: the one that ffmpeg
   * takes, which is the largest picture, a stream marked as default before all others.
   */
  stream: z.int().min(0).max(1000).optional(),
  /** Detections below are dropped. Default: the model's own. */
  minScore: z.number().min(0).max(1).optional(),
  /** Only these labels are kept. Default: all. */
  labels: z.array(z.string().min(1)).min(1).optional(),
  enhance: z
    .strictObject({
      /** Stretches each colour channel to the full range, so that dull pictures gain contrast. */
      normalize: z.boolean().default(false),
    })
    .prefault({}),
  tracker: trackerOptionsSchema.prefault({ algorithm: "bytetrack" }),
  /** Only detections of these labels are looked at by the model for looks. Default: all. */
  embedLabels: z.array(z.string().min(1)).min(1).optional(),
  /** Only detections of these labels are looked at by the classifier. Default: all. */
  classifyLabels: z.array(z.string().min(1)).min(1).optional(),
  /**
   * Only the best views of each track are looked at, after tracking and in the source's own size, instead of every
   * detection. Default: every detection is.
   */
  views: z
    .strictObject({
      /** Views of a track at most. */
      perTrack: z.int().min(1).max(16).default(3),
    })
    .optional(),
  /**
   * Longest gap of a track, in frames, that is filled by a straight line where the track comes back. Default: none is.
   * What is filled is marked as not seen.
   */
  fillGaps: z.int().min(0).max(300).optional(),
});
export type ResultOptions = z.infer<typeof resultOptionsSchema>;

/** Whether a model of a job looks at every detection, and not at the best views of the tracks alone. */
export function looksAtEach(
  { tracker, views }: ResultOptions,
  role: "embedder" | "classifier",
): boolean {
  return views === undefined || (role === "embedder" && needsLooks(tracker));
}

/** Options that say how the work is cut. They never change a result. */
export const executionOptionsSchema = z.strictObject({
  /** Frames per queue message. */
  batchFrames: z.int().min(1).max(64).default(16),
  /** Target length of a segment in seconds; 0 decodes the whole file as one segment. */
  segmentSeconds: z.number().min(0).max(3600).default(60),
  /** Batches of pixels that the job may hold at once. Default: enough for all the workers that there are. */
  window: z.int().min(1).max(256).optional(),
  /** Segments that may be open at once. Default: one for each decoder. */
  openSegments: z.int().min(1).max(32).optional(),
});
export type ExecutionOptions = z.infer<typeof executionOptionsSchema>;

export const DEFAULT_PRIORITY = 5;

/** A job's share beside others that want the same workers: one of 8 gets twice that of one of 4. Changes no result. */
export const prioritySchema = z.int().min(1).max(9);

const jobOptionShape = {
  /** Name of a registered model: a detector, or a classifier or segmenter of whole frames. Default: `yolox-nano`. */
  model: z.string().min(1).optional(),
  /** Name of a registered model that classifies what the detector finds. Default: none. */
  classifier: z.string().min(1).optional(),
  /** Name of a registered model that says of every pixel what it shows. Default: none. */
  segmenter: z.string().min(1).optional(),
  /** Name of a registered model for embedding, by whose vectors some trackers tell looks. Default: none. */
  embedder: z.string().min(1).optional(),
  options: resultOptionsSchema.prefault({}),
  execution: executionOptionsSchema.prefault({}),
  priority: prioritySchema.default(DEFAULT_PRIORITY),
  /** Write the annotated video. */
  render: z.boolean().default(true),
  /** Count what crosses lines and stays in zones. Default: nothing is counted. */
  analytics: analyticsOptionsSchema.optional(),
} as const;

/** Body of `POST /v1/jobs`. */
export const jobRequestSchema = z.strictObject({ source: sourceSchema, ...jobOptionShape });
export type JobRequest = z.infer<typeof jobRequestSchema>;

/** The same without a source: the `options` field of a multipart upload, whose file is the source. */
export const uploadOptionsSchema = z.strictObject(jobOptionShape);
export type UploadOptions = z.infer<typeof uploadOptionsSchema>;

/** By what a file is known again. Numbers as text where they may be too large. */
export const sourceStateSchema = z.object({
  /** Who saw it so: another machine or container gives the same file other numbers of device and inode. */
  host: z.string(),
  bytes: z.int().min(0),
  device: z.string(),
  inode: z.string(),
  modifiedNs: z.string(),
});
export type SourceState = z.infer<typeof sourceStateSchema>;

/** The source as the pipeline sees it: an object in the store, a file on the machine, or still to be fetched. */
export const storedSourceSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("object"),
    key: z.string(),
    name: z.string(),
    /** Of the bytes as they came. Absent where an older version took them in. */
    sha256: z.string().optional(),
  }),
  z.object({
    kind: z.literal("file"),
    path: z.string(),
    name: z.string(),
    /** The folder that it was allowed in, without links: below it, no link is followed to the file. Absent: any is. */
    root: z.string().optional(),
    /** The file as it was accepted. Absent: whatever is there when ingest comes. */
    state: sourceStateSchema.optional(),
  }),
  z.object({ kind: z.literal("url"), url: z.string(), name: z.string() }),
]);
export type StoredSource = z.infer<typeof storedSourceSchema>;

/** The truth about a job: the object `jobs/<id>/accepted.json`, put before 202 is answered. */
export const acceptedJobSchema = z.object({
  v: z.literal(1),
  id: jobIdSchema,
  acceptedAt: z.iso.datetime(),
  source: storedSourceSchema,
  models: z.array(modelRefSchema).min(1),
  options: resultOptionsSchema,
  execution: executionOptionsSchema,
  /** Absent: the default. */
  priority: prioritySchema.optional(),
  render: z.boolean(),
  analytics: analyticsOptionsSchema.optional(),
});
export type AcceptedJob = z.infer<typeof acceptedJobSchema>;

/**
 * @param models the first is the job's own, the others look at what it finds
 * @throws ProblemError `invalid-request` if the options want something of a model that the job does not name, or the
 * models do not go together
 */
export function checkModels(options: ResultOptions, models: readonly ModelRef[]): void {
  const { tracker, views, embedLabels, classifyLabels } = options;
  const [first, ...others] = models;
  const refuse = (detail: string, at: string): never => {
    throw new ProblemError("invalid-request", detail, { at });
  };
  const has = (role: ModelRef["role"]): boolean => others.some((model) => model.role === role);
  const [looks, labels] = [has("embedder"), has("classifier")];
  if (first!.role !== "detector" && others.length > 0) {
    const { role } = others[0]!;
    refuse(`A model that finds objects is needed for a ${role}; ${first!.name} is none.`, role);
  }
  if (needsLooks(tracker) && !looks) {
    refuse(
      `The tracker ${tracker.algorithm} goes by looks here, and the job names no model for them: embedder.`,
      "embedder",
    );
  }
  if (embedLabels !== undefined && !looks) {
    refuse("There is no embedder that could look at these labels alone.", "options.embedLabels");
  }
  if (classifyLabels !== undefined && !labels) {
    refuse(
      "There is no classifier that could look at these labels alone.",
      "options.classifyLabels",
    );
  }
  if (views !== undefined && !looks && !labels) {
    refuse(
      "The best views of the tracks are wanted, and the job names no model that looks at them: embedder or classifier.",
      "options.views",
    );
  }
}

/** Whether the options name labels at all, so that somebody has to look whether the model knows them. */
export function namesLabels({
  options,
  analytics,
}: Pick<AcceptedJob, "options" | "analytics">): boolean {
  return [options.labels, options.embedLabels, options.classifyLabels, analytics?.labels].some(
    (labels) => labels !== undefined,
  );
}

/**
 * @param known the labels of the job's own model
 * @throws ProblemError `invalid-request` if the job names a label that the model does not have
 */
export function checkLabels(
  { options, analytics }: Pick<AcceptedJob, "options" | "analytics">,
  model: string,
  known: readonly string[],
): void {
  const has = new Set(known);
  for (const [at, labels] of Object.entries({
    "options.labels": options.labels,
    "options.embedLabels": options.embedLabels,
    "options.classifyLabels": options.classifyLabels,
    "analytics.labels": analytics?.labels,
  })) {
    const unknown = labels?.filter((label) => !has.has(label)) ?? [];
    if (unknown.length === 0) continue;
    const list = known.length > 20 ? `${known.slice(0, 20).join(", ")}, …` : known.join(", ");
    // Short enough to leave room for what there is.
    const named = listed(
      unknown.map((label) => `"${bounded(label, 80)}"`),
      ", ",
      10,
    );
    throw new ProblemError(
      "invalid-request",
      `The model ${model} has no label ${named}; it has ${list || "none"}.`,
      { at },
    );
  }
}

/**
 * How far each stage has come, in frames that are looked at; `rendered` too. `total` is 0 until it is known, and an
 * estimate until decode ends.
 */
export const progressSchema = z.object({
  total: z.int().min(0),
  decoded: z.int().min(0),
  inferred: z.int().min(0),
  tracked: z.int().min(0),
  rendered: z.int().min(0),
  indexed: z.boolean(),
});
export type Progress = z.infer<typeof progressSchema>;

/** The artefacts that a job can have, and their media types. */
export const ARTIFACTS = {
  "frames.jsonl": "application/jsonl",
  "tracks.jsonl": "application/jsonl",
  "views.jsonl": "application/jsonl",
  "mot.txt": "text/plain; charset=utf-8",
  "summary.json": "application/json",
  "annotated.mp4": "video/mp4",
  "events.jsonl": "application/jsonl",
  "analytics.json": "application/json",
  "heatmap.png": "image/png",
} as const;
export const artifactNameSchema = z.enum(
  Object.keys(ARTIFACTS) as [keyof typeof ARTIFACTS, ...(keyof typeof ARTIFACTS)[]],
);
export type ArtifactName = z.infer<typeof artifactNameSchema>;

/** A job as `GET /v1/jobs/{id}` shows it. */
export const jobViewSchema = z.object({
  id: jobIdSchema,
  state: jobStateSchema,
  source: z.object({ name: z.string() }),
  models: z.array(modelRefSchema),
  priority: prioritySchema,
  /** 1, and one more for every retry. */
  run: z.int().positive(),
  acceptedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().optional(),
  progress: progressSchema,
  warnings: z.array(z.object({ code: z.string(), detail: z.string() })),
  problem: problemSchema.optional(),
  /** URL paths of the results by file name; empty until the job has succeeded. */
  results: z.record(z.string(), z.string()),
});
export type JobView = z.infer<typeof jobViewSchema>;
