import {
  type AcceptedJob,
  acceptedJobSchema,
  type JobId,
  type JobResult,
  jobResultSchema,
  ProblemError,
} from "@framequeue/contracts";
import { getSealed, ObjectDamaged, ObjectNotFound, type ObjectStore } from "@framequeue/storage";
import { z } from "zod";
import { objectKeys } from "../ledger/keys.ts";

/** The objects that are the truth about a job, whatever Redis remembers. */
export type JobObjects = ReturnType<typeof createJobObjects>;

export interface RecordEvents {
  /** A look at a job found one of its records damaged; told at every look. */
  readonly onRecordDamaged?: (record: DamagedRecord) => void;
}

export interface DamagedRecord {
  readonly job: JobId;
  readonly record: "accepted" | "result" | "redis" | "intermediate" | "artefact";
  /** Of the object in the store, or in Redis. */
  readonly key: string;
  readonly cause: unknown;
}

/** Reads throw `record-damaged` for an object that is there and is not what it should be. */
export function createJobObjects(objects: ObjectStore, events: RecordEvents = {}) {
  async function read<T>(
    at: { readonly job: JobId; readonly record: keyof typeof REMEDIES; readonly key: string },
    parse: (value: unknown) => T & { readonly job?: JobId; readonly id?: JobId },
  ): Promise<T | undefined> {
    try {
      const value = parse(await getSealed(objects, at.key));
      const owner = value.id ?? value.job;
      if (owner !== at.job) throw new ObjectDamaged(at.key, `it is the record of ${owner}.`);
      return value;
    } catch (cause) {
      if (cause instanceof ObjectNotFound) return undefined;
      const isOfRecord = cause instanceof ObjectDamaged || cause instanceof z.ZodError;
      if (!isOfRecord) throw cause;
      events.onRecordDamaged?.({ ...at, cause });
      throw recordDamaged({ ...at, cause });
    }
  }

  const exists = async (key: string): Promise<boolean> => (await objects.stat(key)) !== undefined;

  /** The job's newest run, of which there is one more for every retry. */
  async function lastRun(id: JobId): Promise<number> {
    let run = 1;
    while (await exists(objectKeys.retry(id, run + 1))) run++;
    return run;
  }

  /** There is none for an upload that is on its way, a job that was never there, and one that was deleted. */
  async function accepted(id: JobId): Promise<AcceptedJob | undefined> {
    const at = { job: id, record: "accepted", key: objectKeys.accepted(id) } as const;
    const found = await read(at, (value) => acceptedJobSchema.parse(value));
    if (found !== undefined || !(await hasBegun(id))) return found;
    const cause = new ObjectNotFound(at.key);
    events.onRecordDamaged?.({ ...at, cause });
    throw recordDamaged({ ...at, cause });
  }

  /** Whether there is what only an accepted job leaves. */
  async function hasBegun(id: JobId): Promise<boolean> {
    for await (const name of objects.names(objectKeys.job(id))) {
      if (/^(work|artifacts|(result|retry)\.\d+\.json)$/.test(name)) return true;
    }
    return false;
  }

  /** Of that run; of the newest where none is named. */
  async function result(id: JobId, run?: number): Promise<JobResult | undefined> {
    const key = objectKeys.result(id, run ?? (await lastRun(id)));
    return read({ job: id, record: "result", key }, (value) => jobResultSchema.parse(value));
  }

  return {
    lastRun,
    accepted,
    result,

    /** Whether there is such a job, its record readable or not. */
    isAccepted: async (id: JobId): Promise<boolean> =>
      (await orDamaged(accepted(id))) !== undefined,

    /** For those who can do without: undefined too where it cannot be read. */
    resultIfReadable: async (id: JobId, run?: number): Promise<JobResult | undefined> =>
      readable(await orDamaged(result(id, run))),

    wasCancelled: (id: JobId): Promise<boolean> => exists(objectKeys.cancelled(id)),
  };
}

/** What a read finds, or how it is damaged. */
export async function orDamaged<T>(
  reading: Promise<T | undefined>,
): Promise<T | RecordDamaged | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof RecordDamaged) return error;
    throw error;
  }
}

export function readable<T>(found: T | RecordDamaged | undefined): T | undefined {
  return found instanceof RecordDamaged ? undefined : found;
}

/** What is wrong with one job, and with no other. */
export class RecordDamaged extends ProblemError {}

const REMEDIES = {
  accepted:
    "Put the object back from a backup and the job goes on; or cancel the job, delete it, and submit the video again.",
  result:
    "Put the object back from a backup; or retry the job, which makes it again; or delete it (one that cannot be deleted yet is to be cancelled first).",
  redis: "Delete that key in Redis and the job begins again.",
} as const;

export function recordDamaged({
  job,
  record,
  key,
  cause,
}: DamagedRecord & { readonly record: keyof typeof REMEDIES }): RecordDamaged {
  const file = key.slice(key.lastIndexOf("/") + 1);
  return new RecordDamaged(
    "record-damaged",
    `The record ${file} of job ${job} is damaged or gone. ${REMEDIES[record]}`,
    { at: file, cause },
  );
}
