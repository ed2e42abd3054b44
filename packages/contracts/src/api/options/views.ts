import { z } from "zod";
import { labelsSchema } from "./detection.ts";
import { option } from "./option.ts";

/** What the models beside the detector look at. */
export const viewOptions = {
  embedLabels: option(labelsSchema.optional(), {
    text: "only detections of these labels get a vector",
    unset: "all",
  }),
  classifyLabels: option(labelsSchema.optional(), {
    text: "only detections of these labels are classified",
    unset: "all",
  }),
  views: option(
    z
      .strictObject({
        perTrack: option(z.int().min(1).max(16).default(3), {
          text: "best views of each track that embedder and classifier look at, after tracking and in the source's own size, instead of at every detection",
          flag: "views",
          see: "models.md#best-views",
        }),
      })
      .optional(),
    { text: "the best views of each track are looked at instead of every detection", flag: false },
  ),
} as const;
