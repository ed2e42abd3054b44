import {
  encodeFeature,
  followsCamera,
  type InferResult,
  type ModelRef,
  type PlannedModel,
  type ScoredLabel,
} from "@framequeue/contracts";
import type { FrameBatch } from "@framequeue/frames";
import type { PictureLabels, PlanarFrames } from "@framequeue/models";
import type { JobFacts } from "@framequeue/pipeline";
import { roundTo, scoreDecimals } from "@framequeue/vision";
import { landmarkRows } from "./landmark-rows.ts";
import { lookAtRows, tensorBatchOf } from "./look-at-rows.ts";
import type { OpenModels } from "../models/open-models.ts";
import { areaRows, resultRows, wantedClasses } from "./result-rows.ts";

export interface CascadeDeps {
  readonly models: OpenModels;
  /** A range of so many frames came for a model that takes so many at once. */
  readonly onRange?: (model: ModelRef, frames: number, slots: number) => void;
}

/** Frames of a batch. */
interface Range {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/** Frames of a job, and which of them its models are to look at. */
interface Work extends JobFacts {
  readonly frames: PlanarFrames;
  readonly range: Range;
  readonly signal: AbortSignal;
}

/** What a job's models see in frames. */
type Seen = Omit<InferResult, "v" | "pts">;

/**
 * Runs a job's models on frames of a batch: its own on the frames as they are, the others on what that finds. Everything
 * comes in source pixels, rounded as it will stand in the result.
 */
export async function runCascade(
  deps: CascadeDeps,
  facts: JobFacts,
  { header, pixels }: FrameBatch,
  range: Range,
  signal: AbortSignal,
): Promise<Seen> {
  const { width, height, frames, layout } = header;
  if (layout !== "gbrp") throw new Error(`Frames of layout ${layout} reached infer.`);
  const given = { data: pixels, byteOffset: 0, width, height, layout, frames };
  const work = { ...facts, frames: given, range, signal };
  const model = facts.plan.models[0]!;
  switch (model.role) {
    case "classifier":
      return classifyFrames(deps, model, work);
    case "segmenter":
      return {
        frames: withoutDetections(range),
        areas: await segment(deps, model, work),
      };
    default:
      return detect(deps, model, work);
  }
}

async function detect(deps: CascadeDeps, model: PlannedModel, work: Work): Promise<Seen> {
  const { plan, frames, range, signal } = work;
  const { detectors, embedders, classifiers } = deps.models;
  await using loan = await detectors.borrow(model, tensorBatchOf(plan, model));
  const { detector } = loan;
  deps.onRange?.(model, range.to - range.from, detector.slots);
  const [found, landmarks] = await Promise.all([
    detector.detect(frames, range, plan.media, {
      signal,
      minScore: plan.minScore,
      resize: true,
    }),
    // while the detector's threads work
    followsCamera(plan.tracker) ? landmarkRows(frames, range, signal) : undefined,
  ]);
  const seen = resultRows(found, wantedClasses(plan.labels, model.labels));

  const about = { plan, frames, first: range.from, rows: seen.frames, signal };
  const beside = (wanted: ModelRef["role"], at: "frames" | "detections") =>
    plan.models.find(({ role, looksAt }) => role === wanted && looksAt.includes(at));
  const embedder = beside("embedder", "detections");
  const classifier = beside("classifier", "detections");
  const segmenter = beside("segmenter", "frames");
  const [vectors, attributes, areas] = await Promise.all([
    embedder &&
      lookAtRows(embedders, embedder, {
        ...about,
        wanted: wantedClasses(plan.labels, embedder.labels),
      }),
    classifier &&
      lookAtRows(classifiers, classifier, {
        ...about,
        wanted: wantedClasses(plan.labels, classifier.labels),
      }),
    segmenter && segment(deps, segmenter, work),
  ]);
  return {
    ...seen,
    ...(attributes && {
      attributes: attributes.map((row) => row.map((each) => each && scoredLabels(each))),
    }),
    ...(areas && { areas }),
    ...(landmarks && { landmarks }),
    ...(vectors && {
      features: vectors.map((row) => row.map((vector) => vector && encodeFeature(vector))),
    }),
  };
}

async function classifyFrames(
  { models, onRange }: CascadeDeps,
  model: PlannedModel,
  { plan, frames, range, signal }: Work,
): Promise<Seen> {
  await using loan = await models.classifiers.borrow(model, tensorBatchOf(plan, model));
  onRange?.(model, range.to - range.from, loan.model.slots);
  const found = await loan.model.look(frames, range, plan.media, { signal });
  const wanted = wantedClasses(plan.labels, model.labels);
  const labels = found.map((each) =>
    scoredLabels(each).filter(([score, classId]) => score >= plan.minScore && wanted(classId)),
  );
  return { frames: withoutDetections(range), labels };
}

/** The classes in each frame. A segmenter beside a detector gets frames in the size that all models share. */
async function segment(
  { models, onRange }: CascadeDeps,
  model: PlannedModel,
  { plan, frames, range, signal }: Work,
): Promise<NonNullable<Seen["areas"]>> {
  await using loan = await models.segmenters.borrow(model, tensorBatchOf(plan, model));
  if (model === plan.models[0]) onRange?.(model, range.to - range.from, loan.model.slots);
  const found = await loan.model.look(frames, range, plan.media, { signal, resize: true });
  const wanted = wantedClasses(plan.labels, model.labels);
  return areaRows(found, plan.media, wanted);
}

function withoutDetections({ from, to }: Range): Seen["frames"] {
  return Array.from({ length: to - from }, () => []);
}

/** As they will stand in the result. */
export function scoredLabels({ scores, classIds }: PictureLabels): ScoredLabel[] {
  return Array.from(scores, (score, i) => [roundTo(score, scoreDecimals), classIds[i]!]);
}
