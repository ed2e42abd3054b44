import {
  acceptedJobSchema,
  isTerminal,
  type JobId,
  jobResultSchema,
  type JobState,
  type JobView,
} from "@framequeue/contracts";
import { z } from "zod";
import { type AcceptedFacts, type EndedFacts, isCancelled, runOf, toView } from "./job-view.ts";
import { jobEntriesKey, jobListKey } from "../ledger/keys.ts";
import type { JobRecord } from "../ledger/ledger.ts";
import type { RedisClient } from "../ledger/redis.ts";

/** An entry that would be larger holds no end: the list reads the objects of such a job. */
export const MAX_ENTRY_BYTES = 4096;

const endedSchema = jobResultSchema
  .pick({ run: true, state: true, finishedAt: true, warnings: true, problem: true })
  .extend({ files: z.array(z.string()) });

const entrySchema = z.object({
  v: z.literal(1),
  accepted: acceptedJobSchema
    .pick({ acceptedAt: true, models: true, priority: true })
    .extend({ source: z.object({ name: z.string() }) }),
  /** Of a run that may be over: the ledger says which one is. Absent: none is known to be. */
  end: z.union([z.literal("cancelled"), endedSchema]).optional(),
});

/** What the objects of a job say of it that the list shows. */
export type JobEntry = z.infer<typeof entrySchema>;
export type EntryEnd = EndedFacts | "cancelled" | undefined;

export function entryOf({ acceptedAt, models, priority, source }: AcceptedFacts, end?: EntryEnd) {
  return {
    v: 1,
    accepted: {
      ...{ acceptedAt, models, source: { name: source.name } },
      ...(priority === undefined ? {} : { priority }),
    },
    ...(end === undefined ? {} : { end }),
  } as JobEntry;
}

/**
 * The job by its entry and the ledger's record, which is right where the two part ways. Undefined where they do not say
 * enough: then its objects do.
 */
export function viewOf(
  id: JobId,
  { accepted, end }: JobEntry,
  record: JobRecord | undefined,
): JobView | undefined {
  const st = record?.["st"] as JobState | undefined;
  if (st === undefined && end === "cancelled") return toView(id, accepted, { st: end }, undefined);
  // One that goes on has no end yet, and a cancellation beats whichever there is.
  if (st !== undefined && (!isTerminal(st) || isCancelled(st))) {
    return toView(id, accepted, record, undefined);
  }
  if (end === undefined || end === "cancelled") return undefined;
  const isOfRecord = st === undefined || (end.run === runOf(record) && end.state === st);
  return isOfRecord ? toView(id, accepted, record, end) : undefined;
}

/**
 * The read model of the list: an entry per job in Redis, so that a list reads no objects. It is made of the objects, by
 * whoever changes them or reads them for the list, and can be thrown away at any time.
 */
export type JobEntries = ReturnType<typeof createJobEntries>;

export function createJobEntries(redis: RedisClient, site: string) {
  const key = jobEntriesKey(site);

  return {
    /** Undefined for each job that has none, or one that this version cannot read. */
    async read(ids: readonly JobId[]): Promise<(JobEntry | undefined)[]> {
      if (ids.length === 0) return [];
      return (await redis.hmget(key, ...ids)).map(parse);
    },

    /** Of a job that is in the list; of no other, so that nothing is left of one that was deleted meanwhile. */
    async put(id: JobId, entry: JobEntry): Promise<void> {
      const text = toText(entry);
      try {
        if ((await redis.hget(key, id)) === text) return;
        await redis.hset(key, id, text);
        if ((await redis.zscore(jobListKey(site), id)) === null) await redis.hdel(key, id);
      } catch {
        // A Redis that takes no writes now: the list reads the objects.
      }
    },

    async drop(id: JobId): Promise<void> {
      await redis.hdel(key, id);
    },
  };
}

function toText({ end, ...entry }: JobEntry): string {
  const text = JSON.stringify({ ...entry, end });
  return Buffer.byteLength(text) <= MAX_ENTRY_BYTES ? text : JSON.stringify(entry);
}

function parse(text: string | null): JobEntry | undefined {
  if (text === null) return undefined;
  try {
    return entrySchema.parse(JSON.parse(text));
  } catch {
    return undefined; // of another version
  }
}
