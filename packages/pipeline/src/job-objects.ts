import {
  type AcceptedJob,
  acceptedJobSchema,
  type JobId,
  type JobResult,
  jobResultSchema,
  ProblemError,
} from "@framequeue/contracts";
import { ObjectNotFound, type ObjectStore } from "@framequeue/storage";
import { objectKeys } from "./keys.ts";

/** The objects that are the truth about a job, whatever Redis remembers. */
export type JobObjects = ReturnType<typeof createJobObjects>;

export interface RecordEvents {
  /** A look at a job found one of its records damaged; told at every look. */
  readonly onRecordDamaged?: (record: DamagedRecord) => void;
}

export interface DamagedRecord {
  readonly job: JobId;
  readonly record: "accepted" | "result" | "redis";
  /** Of the object in the store, or in Redis. */
  readonly key: string;
  readonly cause: unknown;
}

/** Reads throw `record-damaged` for an object that is there and is not what it should be. */
export function createJobObjects(objects: ObjectStore, events: RecordEvents = {}) {
  async function read<T>(
    at: Omit<DamagedRecord, "cause">,
    parse: (value: unknown) => T & { readonly job?: JobId; readonly id?: JobId },
  ): Promise<T | undefined> {
    let bytes;
    try {
      bytes = await objects.get(at.key);
    } catch (error) {
      if (error instanceof ObjectNotFound) return undefined;
      throw error;
    }
    try {
      const value = parse(fromJson(bytes));
      const owner = value.id ?? value.job;
      if (owner !== at.job) throw new Error(`It is the record of ${owner}.`);
      return value;
    } catch (cause) {
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

  const accepted = (id: JobId): Promise<AcceptedJob | undefined> =>
    read({ job: id, record: "accepted", key: objectKeys.accepted(id) }, (value) =>
      acceptedJobSchema.parse(value),
    );

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

/** Its error quotes nothing: the source of a job may have a password in its address. */
function fromJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw new Error(`Its ${bytes.length} bytes are not JSON.`);
  }
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
    "Put the object back from a backup; or delete the job and submit the video again (one that cannot be deleted yet is to be cancelled first).",
  redis: "Delete that key in Redis and the job begins again.",
} as const;

export function recordDamaged({ job, record, key, cause }: DamagedRecord): RecordDamaged {
  const file = key.slice(key.lastIndexOf("/") + 1);
  return new RecordDamaged(
    "record-damaged",
    `The record ${file} of job ${job} is there and cannot be read. ${REMEDIES[record]}`,
    { at: file, cause },
  );
}
