import { z } from "zod";
import { jsonObjectText } from "../json-text.ts";
import {
  aliasChangeSchema,
  fullModelViewSchema,
  metricsReportSchema,
  MODEL_TASKS,
  modelRecordSchema,
  modelViewSchema,
} from "../models.ts";
import { empty, type Form, json, type Operation, type Param } from "./operation.ts";
import { READS, WRITES } from "./shared-problems.ts";

/** One that was registered before names had a bound can be looked at and deleted. */
const name = {
  schema: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/),
  means: "The model's name.",
  absent: "model-not-found",
  sentence: (text) => `There is no model ${text}.`,
} as const satisfies Param;
const version = {
  schema: z.string(),
  means: "The version, by its sha256 or as people call it.",
  absent: "model-not-found",
  sentence: (text) => `There is no version ${text}.`,
} as const satisfies Param;
const alias = {
  schema: z.enum(["stable", "canary"]),
  means: "`stable` or `canary`.",
  absent: "not-found",
  sentence: (text) => `There are the aliases stable and canary, no ${text}.`,
} as const satisfies Param;

const line = z.string().trim().min(1).max(2_000);
const form = {
  what: "ONNX file",
  example: "model.onnx",
  empty: "model-invalid",
  fields: {
    // Describes the file; `file` and `sha256` may be left out.
    manifest: { means: "JSON", schema: jsonObjectText },
    // As `models add --labels` takes them.
    labels: { means: "a name a line", schema: z.string().min(1) },
    name: { means: "text", schema: line },
    version: { means: "text", schema: line },
    license: { means: "text", schema: line },
    source: { means: "text", schema: line },
    parent: {
      means: "a version's sha256",
      schema: z.string().regex(/^[0-9a-f]{64}$/, "must be a sha256 in lower-case hexadecimal"),
    },
    task: {
      means: MODEL_TASKS.join(", "),
      schema: z.enum(MODEL_TASKS, `must be one of ${MODEL_TASKS.join(", ")}`),
    },
    output: { means: "an output of the graph", schema: line },
    size: {
      means: "WIDTHxHEIGHT",
      schema: z
        .string()
        .regex(/^[1-9]\d{0,4}x[1-9]\d{0,4}$/, "must be like 640x480")
        .transform((sides) => {
          const [width, height] = sides.split("x").map(Number);
          return { width: width!, height: height! };
        }),
    },
  },
} as const satisfies Form;

const modelListSchema = z.object({ models: z.array(modelViewSchema) });
const uploadedModelSchema = modelRecordSchema.extend({
  name: z.string(),
  /** What was assumed for want of a manifest. */
  assumptions: z.array(z.string()),
});
const location = { location: "Path of the version." } as const;
const ofVersion = {
  path: "/v1/models/{name}/versions/{version}",
  params: { name, version },
} as const;
const switched = json(fullModelViewSchema, "The model as it stands then.");
/** What may come of loading a version everywhere. */
const SWITCHING = [
  ...WRITES,
  "model-invalid",
  "model-quarantined",
  "model-not-ready",
  "model-busy",
] as const;

export const MODEL_OPERATIONS = {
  listModels: {
    method: "GET",
    path: "/v1/models",
    scope: "read",
    summary: "Shows every model with its versions, its aliases, and where it is loaded.",
    answers: { 200: json(modelListSchema, "All of them, by name.") },
    problems: READS,
  },
  addModel: {
    method: "POST",
    path: "/v1/models",
    scope: "models",
    summary:
      "Makes an ONNX file a version, once it has been opened and run in a process of its own.",
    body: { form },
    answers: {
      200: json(uploadedModelSchema, "The file is a version already.", location),
      201: json(uploadedModelSchema, "The new version.", location),
    },
    problems: [
      ...WRITES,
      "manifest-invalid",
      "model-invalid",
      "model-too-slow",
      "model-too-large",
      "model-check-busy",
      "model-exists",
      "model-busy",
      "model-not-found",
      "model-damaged",
    ],
  },
  getModel: {
    method: "GET",
    path: "/v1/models/{name}",
    scope: "read",
    summary: "Shows a model with where its versions came from and what was measured of them.",
    params: { name },
    answers: { 200: json(fullModelViewSchema, "The model.") },
    problems: READS,
  },
  setAlias: {
    method: "POST",
    path: "/v1/models/{name}/aliases/{alias}",
    scope: "models",
    summary: "Sets which version new jobs get, once it is loaded in every infer process.",
    params: { name, alias },
    body: { json: aliasChangeSchema },
    answers: { 200: switched },
    problems: SWITCHING,
  },
  rollBackModel: {
    method: "POST",
    path: "/v1/models/{name}/rollback",
    scope: "models",
    summary: "Makes stable what was stable before, and takes a canary away.",
    params: { name },
    answers: { 200: switched },
    problems: [...SWITCHING, "model-damaged"],
  },
  getVersion: {
    ...ofVersion,
    method: "GET",
    scope: "read",
    summary: "Shows one version of a model.",
    answers: { 200: json(modelRecordSchema, "The version.") },
    problems: READS,
  },
  deleteVersion: {
    ...ofVersion,
    method: "DELETE",
    scope: "models",
    summary: "Takes a version away for good that no alias names and no job keeps.",
    answers: { 204: empty("Nothing of it is left.") },
    problems: [...WRITES, "model-in-use", "model-busy", "model-damaged"],
  },
  liftQuarantine: {
    ...ofVersion,
    method: "DELETE",
    path: "/v1/models/{name}/versions/{version}/quarantine",
    scope: "models",
    summary: "Lets jobs use a version again.",
    answers: { 204: empty("It is in no quarantine.") },
    problems: WRITES,
  },
  addMetrics: {
    ...ofVersion,
    method: "POST",
    path: "/v1/models/{name}/versions/{version}/metrics",
    scope: "models",
    summary: "Keeps what was measured of a version with it.",
    body: { json: metricsReportSchema },
    answers: { 201: json(modelRecordSchema, "The version with what is known of it.") },
    problems: WRITES,
  },
} as const satisfies Record<string, Operation>;
