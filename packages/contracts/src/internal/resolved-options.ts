import { z } from "zod";
import { needsLooks, plannedTrackerSchema, resolveTracker } from "../api/options/tracking.ts";
import { labelsSchema } from "../api/options/detection.ts";
import { resolveVariants, variantsSchema } from "../api/options/enhance.ts";
import type { ResultOptions } from "../api/options/job-options.ts";
import { resolveGaps } from "../api/options/outputs.ts";
import { resolveSampling, samplingSchema } from "../api/options/sampling.ts";
import { type ModelRef, modelRefSchema } from "../api/models.ts";

/** A model of a job, and what it is there for. */
export const plannedModelSchema = modelRefSchema.extend({
  /** At whole frames, at every detection in them, or at the best views of the tracks. */
  looksAt: z.array(z.enum(["frames", "detections", "views"])).min(1),
  /** Of the job's own model, what is kept of what it finds; of another, what it looks at. Absent: all. */
  labels: labelsSchema.optional(),
});
export type PlannedModel = z.infer<typeof plannedModelSchema>;

/**
 * What the options of a job come to: what later stages go by, instead of the options themselves. Every default is filled
 * in here and nowhere else.
 */
export const resolvedOptionsSchema = z.object({
  sampling: samplingSchema,
  /** The pixels of a batch that may be there at once: as decoded, and as enhanced. Models look at the last. */
  variants: variantsSchema,
  /** The job's own first. */
  models: z.array(plannedModelSchema).min(1),
  tracker: plannedTrackerSchema,
  /** Best views of a track at most. Absent: no model looks at views. */
  views: z.object({ perTrack: z.int().min(1) }).optional(),
  /** Longest gap of a track that is filled, in frames of the source; 0: none is. */
  fillGaps: z.int().min(0),
});
export type ResolvedOptions = z.infer<typeof resolvedOptionsSchema>;

/** The options of a job, and the models that it runs. */
export interface JobTerms {
  readonly options: ResultOptions;
  readonly models: readonly ModelRef[];
}

export function resolveOptions({ options, models }: JobTerms): ResolvedOptions {
  return {
    sampling: resolveSampling(options),
    variants: resolveVariants(options.enhance),
    models: models.map((model, i) => resolveModel(options, model, i === 0)),
    tracker: resolveTracker(options.tracker),
    ...(options.views && { views: options.views }),
    fillGaps: resolveGaps(options),
  };
}

function resolveModel(options: ResultOptions, model: ModelRef, isOwn: boolean): PlannedModel {
  const { labels, embedLabels, classifyLabels } = options;
  if (isOwn) return withLabels({ ...model, looksAt: ["frames"] }, labels);
  switch (model.role) {
    case "embedder":
      return withLabels(
        { ...model, looksAt: closely(options, needsLooks(options.tracker)) },
        embedLabels,
      );
    case "classifier":
      return withLabels({ ...model, looksAt: closely(options, false) }, classifyLabels);
    default:
      return { ...model, looksAt: ["frames"] };
  }
}

/** A tracker that goes by looks needs those of every detection, also where the best views are looked at. */
function closely({ views }: ResultOptions, tracks: boolean): PlannedModel["looksAt"] {
  if (views === undefined) return ["detections"];
  return tracks ? ["detections", "views"] : ["views"];
}

function withLabels(model: PlannedModel, labels: string[] | undefined): PlannedModel {
  return labels === undefined ? model : { ...model, labels };
}
