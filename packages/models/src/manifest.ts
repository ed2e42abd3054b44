import { invalid } from "@framequeue/contracts";
import { z } from "zod";

const side = z.int().min(1).max(8192);
const share = z.number().min(0).max(1);
const threeNumbers = z.tuple([z.number(), z.number(), z.number()]);

/** How a picture becomes the network's input: each value v of a channel enters as `(v * scale - mean) / std`. */
const inputSchema = z.strictObject({
  /** Name of the graph's input. */
  name: z.string().min(1),
  layout: z.enum(["nchw", "nhwc"]),
  width: side,
  height: side,
  /** Order of the channels, and of `mean` and `std`. */
  channels: z.enum(["rgb", "bgr"]),
  scale: z.number().positive(),
  mean: threeNumbers,
  std: threeNumbers.refine((std) => std.every((value) => value > 0), "must be above 0"),
  fit: z.enum(["letterbox", "stretch"]),
  placement: z.enum(["top-left", "center"]),
  /** Grey value of the padding, 0 to 255, before scale, mean and std. */
  fill: z.number().min(0).max(255),
  /** Pictures per run: any number, or exactly so many. */
  batch: z.union([z.literal("dynamic"), z.int().min(1).max(256)], "must be dynamic or 1 to 256"),
});

const outputSchema = z.strictObject({
  decoder: z.enum(["yolox"]),
  /** Names of the graph's outputs, in the order in which the decoder takes them. */
  names: z.array(z.string().min(1)).length(1, "must name one output"),
  strides: z.array(z.int().min(1).max(256)).min(1),
});

/** What a model package says about its ONNX file. */
export const manifestSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]*$/, "must be lower-case letters, digits, dots, dashes"),
    version: z.string().min(1),
    task: z.literal("detection"),
    description: z.string(),
    /** Name of the ONNX file in the manifest's folder. */
    file: z
      .string()
      .regex(/^[^/\\]+\.onnx$/, "must be the name of an .onnx file, without a folder"),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, "must be a sha256 in lower-case hexadecimal"),
    license: z.string(),
    source: z.string(),
    input: inputSchema,
    output: outputSchema,
    /** Names of the classes, in the order of the class ids. */
    labels: z.array(z.string().min(1)).min(1),
    /** Least score of a detection, and the IoU above which the weaker of two of one class goes. Both 0 to 1. */
    thresholds: z.strictObject({ score: share, iou: share }),
  })
  .superRefine(({ input, output }, context) => {
    for (const key of ["width", "height"] as const) {
      const stride = output.strides.find((stride) => input[key] % stride !== 0);
      if (stride !== undefined) {
        const message = `${input[key]} is not a multiple of the stride ${stride}`;
        context.addIssue({ code: "custom", path: ["input", key], message });
      }
    }
  });
export type ModelManifest = z.infer<typeof manifestSchema>;

/**
 * @param what where the value is from, for faults that belong to no field
 * @throws ProblemError `manifest-invalid` with every fault by its field
 */
export function parseManifest(value: unknown, what: string): ModelManifest {
  const result = manifestSchema.safeParse(value);
  if (!result.success) throw invalid("manifest-invalid", what, result.error);
  return result.data;
}
