import { z } from "zod";
import { option } from "./option.ts";

/** Names of classes of a model. */
export const labelsSchema = z.array(z.string().min(1)).min(1);

/** What is kept of what the job's own model finds. */
export const detectionOptions = {
  minScore: option(z.number().min(0).max(1).optional(), {
    text: "detections below are dropped",
    unset: "the model's",
  }),
  labels: option(labelsSchema.optional(), { text: "only these labels are kept", unset: "all" }),
} as const;
