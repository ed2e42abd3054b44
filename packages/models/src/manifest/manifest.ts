import {
  BOUNDS,
  invalid,
  modelNameSchema,
  type ModelTask,
  ProblemError,
  TASKS,
} from "@framequeue/contracts";
import { z } from "zod";
import { boxSpace, needsSuppression } from "./manifest-facts.ts";
import { inputSchema } from "./manifest-input.ts";
import type { DetectionOutput, InstanceOutput } from "./manifest-output.ts";
import {
  classificationOutputSchema,
  detectionOutputSchema,
  embeddingOutputSchema,
  imageOutputSchema,
  instanceOutputSchema,
  semanticOutputSchema,
} from "./manifest-output.ts";

const share = z.number().min(0).max(1);

/** Characters of what people say about a model. */
const MOST_TEXT = 10_000;
/** Classes of a model. */
const MOST_LABELS = 100_000;

/** What every manifest says, whatever its model does. */
const about = {
  schemaVersion: z.literal(1),
  name: modelNameSchema,
  version: z.string().min(1).max(BOUNDS.modelName),
  description: z.string().max(MOST_TEXT),
  /** Name of the ONNX file in the manifest's folder. */
  file: z
    .string()
    .max(BOUNDS.name)
    .regex(/^[^/\\]+\.onnx$/, "must be the name of an .onnx file, without a folder"),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "must be a sha256 in lower-case hexadecimal"),
  license: z.string().max(MOST_TEXT),
  source: z.string().max(MOST_TEXT),
  input: inputSchema,
};

/** Names of the classes, in the order of the class ids. */
const labels = z.array(z.string().min(1).max(BOUNDS.label)).min(1).max(MOST_LABELS);

const detectionThresholds = {
  /** Least score of a detection, 0 to 1. */
  score: share,
  /** IoU, 0 to 1, above which the weaker of two of one class goes. Absent: the model's boxes are final. */
  iou: share.optional(),
  /** Most detections of a picture; the best are kept. Default: all. */
  most: z.int().min(1).optional(),
};

const detectionSchema = z
  .strictObject({
    ...about,
    task: z.literal("detection"),
    output: detectionOutputSchema,
    labels,
    thresholds: z.strictObject(detectionThresholds),
  })
  .superRefine((manifest, context) => {
    checkBoxes(manifest, context);
    const { input, output } = manifest;
    if (output.decoder !== "yolox") return;
    for (const key of ["width", "height"] as const) {
      const stride = output.strides.find((each) => input[key] % each !== 0);
      if (stride === undefined) continue;
      const message = `${input[key]} is not a multiple of the stride ${stride}`;
      context.addIssue({ code: "custom", path: ["input", key], message });
    }
  });
export type DetectionManifest = z.infer<typeof detectionSchema>;

const instanceSchema = z
  .strictObject({
    ...about,
    task: z.literal("instance-segmentation"),
    output: instanceOutputSchema,
    labels,
    thresholds: z.strictObject({
      ...detectionThresholds,
      /** Least probability of a pixel inside a mask, 0 to 1. */
      mask: share.default(0.5),
    }),
  })
  .superRefine((manifest, context) => checkBoxes(manifest, context));
export type InstanceManifest = z.infer<typeof instanceSchema>;

const semanticSchema = z
  .strictObject({
    ...about,
    task: z.literal("semantic-segmentation"),
    output: semanticOutputSchema,
    labels,
  })
  .superRefine(({ output: { background }, labels: names }, context) => {
    if (background === undefined || background < names.length) return;
    const message = `there are only ${names.length} labels`;
    context.addIssue({ code: "custom", path: ["output", "background"], message });
  });
export type SemanticManifest = z.infer<typeof semanticSchema>;

const classificationSchema = z.strictObject({
  ...about,
  task: z.literal("classification"),
  output: classificationOutputSchema,
  labels,
  thresholds: z
    .strictObject({
      /** Least score of a label, 0 to 1. */
      score: share.default(0),
      /** Most labels of a picture. */
      most: z.int().min(1).default(5),
    })
    .prefault({}),
});
export type ClassificationManifest = z.infer<typeof classificationSchema>;

const embeddingSchema = z.strictObject({
  ...about,
  task: z.literal("embedding"),
  output: embeddingOutputSchema,
});
export type EmbeddingManifest = z.infer<typeof embeddingSchema>;

const imageSchema = z
  .strictObject({ ...about, task: z.literal("image-to-image"), output: imageOutputSchema })
  .superRefine(({ input }, context) => {
    if (input.fit !== "center-crop") return;
    const message = "a picture that is to come back must go in whole";
    context.addIssue({ code: "custom", path: ["input", "fit"], message });
  });
export type ImageManifest = z.infer<typeof imageSchema>;

function checkBoxes(
  {
    input,
    output,
    thresholds,
  }: Pick<DetectionManifest, "input" | "thresholds"> & {
    readonly output: DetectionOutput | InstanceOutput;
  },
  context: z.RefinementCtx,
): void {
  const fault = (path: string[], message: string): void =>
    context.addIssue({ code: "custom", path, message });
  if (needsSuppression(output) && thresholds.iou === undefined) {
    fault(["thresholds", "iou"], `the boxes of ${output.decoder} overlap, so this is needed`);
  }
  if (boxSpace(output) !== "source") return;
  if (input.sizes === undefined) {
    fault(["input", "sizes"], "a model that gives boxes in source pixels must be told the size");
  }
  if (input.fit !== "stretch") {
    fault(["input", "fit"], "a model that gives boxes in source pixels must see them stretched");
  }
}

/** What a manifest says of a model of each task; a task without an entry does not compile. */
const MANIFESTS = {
  detection: detectionSchema,
  "instance-segmentation": instanceSchema,
  "semantic-segmentation": semanticSchema,
  classification: classificationSchema,
  embedding: embeddingSchema,
  "image-to-image": imageSchema,
} as const satisfies { readonly [T in ModelTask]: z.ZodType<{ readonly task: T }> };

/** What a model package says about its ONNX file. */
export const manifestSchema = z.discriminatedUnion("task", valuesOf(MANIFESTS));
export type ModelManifest = z.infer<typeof manifestSchema>;

/** As a tuple, of which a discriminated union makes its type. */
function valuesOf<T extends Readonly<Record<string, unknown>>>(
  record: T,
): [T[keyof T], ...T[keyof T][]] {
  return Object.values(record) as [T[keyof T], ...T[keyof T][]];
}

/** A model that gives boxes as one of the families of detectors does. */
export type BoxManifest = DetectionManifest | InstanceManifest;

/** A model whose results are objects with boxes: what a job detects and tracks with. */
export type ObjectManifest = Extract<ModelManifest, { task: ObjectTask }>;
type ObjectTask = {
  [T in ModelTask]: (typeof TASKS)[T]["role"] extends "detector" ? T : never;
}[ModelTask];

export function findsObjects(manifest: ModelManifest): manifest is ObjectManifest {
  return TASKS[manifest.task].role === "detector";
}

/**
 * The manifest of a model that finds objects.
 *
 * @throws ProblemError `model-invalid` for a model that does something else
 */
export function objectManifest(manifest: ModelManifest): ObjectManifest {
  if (findsObjects(manifest)) return manifest;
  throw new ProblemError(
    "model-invalid",
    `The model ${manifest.name} is for ${manifest.task}; one that finds objects is needed here.`,
    { at: "model" },
  );
}

/**
 * @param what where the value is from, for faults that belong to no field
 * @throws ProblemError `manifest-invalid` with every fault by its field
 */
export function parseManifest(value: unknown, what: string): ModelManifest {
  const result = manifestSchema.safeParse(value);
  if (!result.success) throw invalid("manifest-invalid", what, result.error);
  return result.data;
}
