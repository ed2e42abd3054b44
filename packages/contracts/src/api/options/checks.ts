import { bounded, listed } from "../bounds.ts";
import type { ModelRef } from "../models.ts";
import { ProblemError } from "../problems.ts";
import type { AnalyticsOptions } from "./analytics.ts";
import type { ResultOptions } from "./job-options.ts";
import { needsLooks } from "./tracking.ts";

/** What of a job names labels. */
interface Labelled {
  readonly options: ResultOptions;
  readonly analytics?: AnalyticsOptions | undefined;
}

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
export function namesLabels({ options, analytics }: Labelled): boolean {
  return [options.labels, options.embedLabels, options.classifyLabels, analytics?.labels].some(
    (labels) => labels !== undefined,
  );
}

/**
 * @param known the labels of the job's own model
 * @throws ProblemError `invalid-request` if the job names a label that the model does not have
 */
export function checkLabels(
  { options, analytics }: Labelled,
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
