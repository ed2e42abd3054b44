import { invalid } from "@framequeue/contracts";
import { z } from "zod";
import { inputSchema } from "./manifest-input.ts";
import { boxSpace, detectionOutputSchema, needsSuppression } from "./manifest-output.ts";

const share = z.number().min(0).max(1);

/** What every manifest says, whatever its model does. */
const about = {
  schemaVersion: z.literal(1),
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]*$/, "must be lower-case letters, digits, dots, dashes"),
  version: z.string().min(1),
  description: z.string(),
  /** Name of the ONNX file in the manifest's folder. */
  file: z.string().regex(/^[^/\\]+\.onnx$/, "must be the name of an .onnx file, without a folder"),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "must be a sha256 in lower-case hexadecimal"),
  license: z.string(),
  source: z.string(),
  input: inputSchema,
};

/** Names of the classes, in the order of the class ids. */
const labels = z.array(z.string().min(1)).min(1);

const detectionSchema = z
  .strictObject({
    ...about,
    task: z.literal("detection"),
    output: detectionOutputSchema,
    labels,
    thresholds: z.strictObject({
      /** Least score of a detection, 0 to 1. */
      score: share,
      /** IoU, 0 to 1, above which the weaker of two of one class goes. Absent: the model's boxes are final. */
      iou: share.optional(),
      /** Most detections of a picture; the best are kept. Default: all. */
      most: z.int().min(1).optional(),
    }),
  })
  .superRefine(({ input, output, thresholds }, context) => {
    const fault = (path: string[], message: string): void =>
      context.addIssue({ code: "custom", path, message });
    if (output.decoder === "yolox") {
      for (const key of ["width", "height"] as const) {
        const stride = output.strides.find((each) => input[key] % each !== 0);
        if (stride !== undefined) {
          fault(["input", key], `${input[key]} is not a multiple of the stride ${stride}`);
        }
      }
    }
    if (needsSuppression(output) && thresholds.iou === undefined) {
      fault(["thresholds", "iou"], `the boxes of ${output.decoder} overlap, so this is needed`);
    }
    if (boxSpace(output) === "source" && input.sizes === undefined) {
      fault(["input", "sizes"], "a model that gives boxes in source pixels must be told the size");
    }
    if (boxSpace(output) === "source" && input.fit !== "stretch") {
      fault(["input", "fit"], "a model that gives boxes in source pixels must see them stretched");
    }
  });
export type DetectionManifest = z.infer<typeof detectionSchema>;

/** What a model package says about its ONNX file. */
export const manifestSchema = z.discriminatedUnion("task", [detectionSchema]);
export type ModelManifest = z.infer<typeof manifestSchema>;

/** What a model does. */
export type ModelTask = ModelManifest["task"];

/**
 * @param what where the value is from, for faults that belong to no field
 * @throws ProblemError `manifest-invalid` with every fault by its field
 */
export function parseManifest(value: unknown, what: string): ModelManifest {
  const result = manifestSchema.safeParse(value);
  if (!result.success) throw invalid("manifest-invalid", what, result.error);
  return result.data;
}
