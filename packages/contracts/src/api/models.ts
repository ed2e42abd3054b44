import { z } from "zod";
import { BOUNDS } from "./bounds.ts";
import { problemSchema } from "./problems.ts";
import { jobIdSchema } from "./ids.ts";

/**
 * What a model can be for: what it is to a job (`role`), and which fields of the rows of results it fills (`fills`), by
 * which a format says what it can hold. Manifest, decoder and tensors of a task stand in packages/models.
 */
export const TASKS = {
  detection: { role: "detector", fills: ["detections", "tracks"] },
  "instance-segmentation": { role: "detector", fills: ["detections", "tracks", "masks"] },
  "semantic-segmentation": { role: "segmenter", fills: ["areas"] },
  classification: { role: "classifier", fills: ["labels"] },
  embedding: { role: "embedder", fills: ["embeddings"] },
  "image-to-image": { role: "enhancer", fills: [] },
} as const satisfies Record<string, { role: string; fills: readonly string[] }>;
export type ModelTask = keyof typeof TASKS;
export const MODEL_TASKS = Object.keys(TASKS) as ModelTask[];
/** A kind of thing that is known of a frame, a track or a view. */
export type RowField = (typeof TASKS)[ModelTask]["fills"][number];

export function roleOf(task: ModelTask): ModelRef["role"] {
  return TASKS[task].role;
}

/** What models of a role see. Masks are seen by some detectors only. */
export function fieldsOf(role: ModelRef["role"]): RowField[] {
  return Object.values(TASKS).flatMap((task) => (task.role === role ? [...task.fills] : []));
}

/** What a model may be called: its name becomes a part of names of files, which are as long as a file system takes. */
export const modelNameSchema = z
  .string()
  .max(BOUNDS.modelName, `may have ${BOUNDS.modelName} characters at most`)
  .regex(/^[a-z0-9][a-z0-9._-]*$/, "must be lower-case letters, digits, dots, dashes");

/** Names one immutable model: a job pins this when it is accepted. */
export const modelRefSchema = z.object({
  role: z.enum(Object.values(TASKS).map(({ role }) => role)),
  name: z.string(),
  version: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "is not a sha256 in hexadecimal"),
});
export type ModelRef = z.infer<typeof modelRefSchema>;

const sha256Schema = modelRefSchema.shape.sha256;

/** What brought a version into the store. */
const REGISTRARS = ["upload", "pull", "add", "bundled", "file"] as const;

/** Where a registered version came from, beside `source` and `license` of its manifest. Written once. */
export const lineageSchema = z.object({
  v: z.literal(1),
  /** ISO 8601. */
  createdAt: z.string(),
  by: z.enum(REGISTRARS),
  /** The version that it was made from. */
  parent: sha256Schema.optional(),
  /** What it is called, should its manifest be lost. Absent for what older versions registered. */
  of: modelRefSchema.omit({ sha256: true }).optional(),
});
export type Lineage = z.infer<typeof lineageSchema>;

/** Why no job may use a version any more, until somebody lifts it. */
export const quarantineSchema = z.object({
  v: z.literal(1),
  /** ISO 8601. */
  at: z.string(),
  /** The bound that its runs broke … */
  bound: z.enum(["time", "memory"]),
  /** … and how much that allows: milliseconds or bytes. */
  limit: z.number(),
  /** The job whose frames it ran on last. */
  job: jobIdSchema,
});
export type Quarantine = z.infer<typeof quarantineSchema>;

const METRIC = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

/** Body of `POST /v1/models/{name}/versions/{version}/metrics`: what was measured of a version. */
export const metricsReportSchema = z.strictObject({
  /** What it was measured on, such as the name of a video or of a data set. */
  on: z.string().min(1).max(200),
  /** Such as `{"ap50": 0.61}`. */
  values: z.record(z.string(), z.number("must be a number")).superRefine((values, context) => {
    const names = Object.keys(values);
    if (names.length < 1 || names.length > 50) {
      context.addIssue({ code: "custom", message: "must hold 1 to 50 numbers" });
    }
    for (const name of names.filter((each) => !METRIC.test(each))) {
      context.addIssue({ code: "custom", path: [name], message: "is no name of a metric" });
    }
  }),
  /** By what it was measured, such as `compare`. */
  by: z.string().min(1).max(200).optional(),
});
export type MetricsReport = z.infer<typeof metricsReportSchema>;

/** A report as it is kept. More can come; none is changed. */
export const modelMetricsSchema = metricsReportSchema.extend({
  /** ISO 8601. */
  at: z.string(),
});
export type ModelMetrics = z.infer<typeof modelMetricsSchema>;

/** Body of `POST /v1/models/{name}/aliases/{alias}`. */
export const aliasChangeSchema = z.strictObject({
  /** A registered version; null takes the canary away. */
  version: z.string().min(1).nullable(),
  /** Of the jobs that name no version, for the canary; 0.1 by default. */
  share: z.number().min(0).max(1).optional(),
});
export type AliasChange = z.infer<typeof aliasChangeSchema>;

/** A version as `GET /v1/models` shows it. */
export const modelVersionSchema = z.object({
  version: z.string(),
  sha256: sha256Schema,
  role: modelRefSchema.shape.role,
  /** Infer processes that have it loaded. */
  readyIn: z.int(),
  /** Absent where jobs may use it. */
  quarantine: quarantineSchema.omit({ v: true }).optional(),
});

/** A version as `GET /v1/models/{name}` shows it. */
export const modelRecordSchema = modelVersionSchema.extend({
  license: z.string(),
  source: z.string(),
  lineage: lineageSchema.omit({ v: true, of: true }).optional(),
  /** Newest first. */
  metrics: z.array(modelMetricsSchema),
});
export type ModelRecord = z.infer<typeof modelRecordSchema>;
export const modelViewSchema = z.object({
  name: z.string(),
  aliases: z
    .object({
      revision: z.int(),
      stable: z.string(),
      canary: z.object({ version: z.string(), share: z.number() }).optional(),
    })
    .optional(),
  versions: z.array(modelVersionSchema),
  /** Why it can be used in part only. */
  problem: problemSchema.optional(),
});
export type ModelView = z.infer<typeof modelViewSchema>;
/** One model in full. */
export const fullModelViewSchema = modelViewSchema.extend({ versions: z.array(modelRecordSchema) });
export type FullModelView = z.infer<typeof fullModelViewSchema>;
