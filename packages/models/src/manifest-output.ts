import { z } from "zod";

/** Names of the graph's outputs, in the order in which the decoder takes them. */
const oneName = z.array(z.string().min(1)).length(1, "must name one output");

/** How boxes, scores and classes stand in the outputs of a detector. */
export const detectionOutputSchema = z.discriminatedUnion("decoder", [
  /** `[N, A, 5 + C]`: raw rows of the cells of each stride. */
  z.strictObject({
    decoder: z.literal("yolox"),
    names: oneName,
    strides: z.array(z.int().min(1).max(256)).min(1),
  }),
]);
export type DetectionOutput = z.infer<typeof detectionOutputSchema>;
