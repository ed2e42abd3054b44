import {
  type AcceptedJob,
  type JobId,
  mediaInfoSchema,
  pixelLayoutSchema,
  type ResolvedOptions,
  resolvedOptionsSchema,
  resolveOptions,
  segmentModeSchema,
  segmentSchema,
  sizeSchema,
  sourceStateSchema,
  storedSourceSchema,
  warningSchema,
} from "@framequeue/contracts";
import { ObjectNotFound, type ObjectStore, putSealed } from "@framequeue/storage";
import { z } from "zod";
import { IntermediateLost, readSealedJson } from "../protocol/intermediates.ts";
import { createJobObjects, type RecordEvents } from "../jobs/job-objects.ts";
import { objectKeys } from "../ledger/keys.ts";

/** What of a plan comes from the options of the job alone. */
const { variants, ...ofOptions } = resolvedOptionsSchema.shape;

/** What ingest decided about a job as it is kept: an object per epoch. */
export const planSchema = z.object({
  v: z.literal(1),
  /** Where the source's bytes are now: fetched, if it was a URL. */
  source: storedSourceSchema,
  sourceSha256: z.string(),
  /** A file on the machine as it was looked at: every pass reads so much of it. Absent for an object. */
  sourceState: sourceStateSchema.optional(),
  /** Of an object, which is not to change: its version as it was looked at. */
  sourceVersion: z.string().optional(),
  media: mediaInfoSchema,
  mode: segmentModeSchema,
  /** As in `payload`: versions before that look for it here. */
  frame: sizeSchema.extend({ layout: pixelLayoutSchema }),
  /** How the pixels of a batch travel: the size and layout of a frame, and which pictures of it there are at once. */
  payload: sizeSchema.extend({ layout: pixelLayoutSchema, variants }).optional(),
  ...z.object(ofOptions).partial().shape,
  segments: z.array(segmentSchema).min(1),
  /** Frames per batch: what was asked for, or fewer where so many would not fit the site's budget. */
  batchFrames: z.int().min(1),
  /** Detections below are dropped: as the job asks, or the model's own threshold. */
  minScore: z.number(),
  /** The labels of the job's own model, by class id. */
  labels: z.array(z.string()),
  /** Those of the model that classifies what it finds, and of the one that segments the frames beside it. */
  attributeLabels: z.array(z.string()).optional(),
  areaLabels: z.array(z.string()).optional(),
  expectedFrames: z.int().min(0),
  /**
   * Every pass decodes with one thread: the source is damaged, and with more what damage decodes to depends on which
   * thread is faster.
   */
  oneThread: z.boolean().optional(),
  /** How long the last picture is shown, in ticks of the source's time base; absent: as long as the one before. */
  lastTicks: z.int().optional(),
  /** The version of ffmpeg that the pictures of the job are decoded with. */
  ffmpeg: z.string().optional(),
  /** What the last bits of the results depend on. Absent: any process, one picture per tensor. */
  numeric: z
    .object({
      /** Only processes of this class infer for the job; any where it is absent. */
      class: z.string().optional(),
      /** Pictures per tensor, by the model's sha256. */
      tensorBatch: z.record(z.string(), z.int().min(1)),
    })
    .optional(),
  /** An earlier run left results, listed in an object per segment. */
  adopts: z.boolean().optional(),
});
export type KeptPlan = z.infer<typeof planSchema>;

/** What every later stage goes by: of options there is nothing left to ask the job. */
export type Plan = KeptPlan &
  Required<Pick<KeptPlan, "payload">> &
  Omit<ResolvedOptions, "variants">;

/**
 * The one place where options become a plan, for ingest and for whoever reads a plan of a version that kept less: what
 * stands in it stays.
 */
export function completePlan(kept: KeptPlan, job: Pick<AcceptedJob, "options" | "models">): Plan {
  const { variants, ...options } = resolveOptions(job);
  return { payload: { ...kept.frame, variants }, ...options, ...kept };
}

export async function putPlan(
  objects: ObjectStore,
  job: JobId,
  epoch: string,
  plan: Plan,
): Promise<void> {
  await putSealed(objects, objectKeys.plan(job, epoch), plan);
}

/** @throws IntermediateLost */
export function readPlan(objects: ObjectStore, job: JobId, epoch: string): Promise<KeptPlan> {
  return readSealedJson(objects, objectKeys.plan(job, epoch), planSchema);
}

/** A job's immutable facts: what was accepted, and what was planned for this epoch. */
export interface JobFacts {
  readonly job: AcceptedJob;
  readonly plan: Plan;
}

export type FactsReader = (job: JobId, epoch: string) => Promise<JobFacts | undefined>;

/**
 * Reads job facts and remembers the last few; both objects never change. Undefined when the job is cleared away, which
 * takes the plan first; throws `IntermediateLost` for a plan that is damaged.
 */
export function createFactsReader(
  objects: ObjectStore,
  { remembered = 32, events = {} }: { remembered?: number; events?: RecordEvents } = {},
): FactsReader {
  const cache = new Map<string, JobFacts>();
  const { accepted } = createJobObjects(objects, events);
  return async (job, epoch) => {
    const key = `${job}/${epoch}`;
    const known = cache.get(key);
    if (known !== undefined) {
      cache.delete(key);
      cache.set(key, known);
      return known;
    }
    try {
      // The plan goes first when a job ends: its tasks then do not wait for a record that cannot be read.
      const plan = await readPlan(objects, job, epoch);
      const found = await accepted(job);
      if (found === undefined) return undefined;
      const facts = { job: found, plan: completePlan(plan, found) };
      cache.set(key, facts);
      if (cache.size > remembered) cache.delete(cache.keys().next().value!);
      return facts;
    } catch (error) {
      const isGone = error instanceof IntermediateLost && error.cause instanceof ObjectNotFound;
      if (isGone) return undefined;
      throw error;
    }
  };
}

/** What the render step leaves for the last step: the video, or why there is none. */
export const renderReportSchema = z.object({
  artifact: z.object({ key: z.string(), bytes: z.int(), sha256: z.string() }).optional(),
  warning: warningSchema.optional(),
});
export type RenderReport = z.infer<typeof renderReportSchema>;
