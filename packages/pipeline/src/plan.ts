import {
  type AcceptedJob,
  acceptedJobSchema,
  type JobId,
  mediaInfoSchema,
  pixelLayoutSchema,
  segmentModeSchema,
  segmentSchema,
  sizeSchema,
  storedSourceSchema,
} from "@framequeue/contracts";
import { ObjectNotFound, type ObjectStore } from "@framequeue/storage";
import { z } from "zod";
import { objectKeys } from "./keys.ts";

/** What ingest decided about a job: an object per epoch, read by every later stage. */
export const planSchema = z.object({
  v: z.literal(1),
  /** Where the source's bytes are now: fetched, if it was a URL. */
  source: storedSourceSchema,
  sourceSha256: z.string(),
  media: mediaInfoSchema,
  mode: segmentModeSchema,
  /** The size and layout in which frames travel. */
  frame: sizeSchema.extend({ layout: pixelLayoutSchema }),
  segments: z.array(segmentSchema).min(1),
  expectedFrames: z.int().min(0),
});
export type Plan = z.infer<typeof planSchema>;

/** A job's immutable facts: what was accepted, and what was planned for this epoch. */
export interface JobFacts {
  readonly job: AcceptedJob;
  readonly plan: Plan;
}

/** Reads job facts and remembers the last few; both objects never change. Undefined when the job is cleared away. */
export function createFactsReader(
  objects: ObjectStore,
  remembered = 32,
): (job: JobId, epoch: string) => Promise<JobFacts | undefined> {
  const cache = new Map<string, JobFacts>();
  return async (job, epoch) => {
    const key = `${job}/${epoch}`;
    const known = cache.get(key);
    if (known !== undefined) {
      cache.delete(key);
      cache.set(key, known);
      return known;
    }
    try {
      const [accepted, plan] = await Promise.all([
        objects.get(objectKeys.accepted(job)),
        objects.get(objectKeys.plan(job, epoch)),
      ]);
      const facts = {
        job: acceptedJobSchema.parse(JSON.parse(accepted.toString())),
        plan: planSchema.parse(JSON.parse(plan.toString())),
      };
      cache.set(key, facts);
      if (cache.size > remembered) cache.delete(cache.keys().next().value!);
      return facts;
    } catch (error) {
      if (error instanceof ObjectNotFound) return undefined;
      throw error;
    }
  };
}
