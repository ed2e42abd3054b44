import {
  type AcceptedJob,
  acceptedJobSchema,
  type JobId,
  type JobResult,
  jobResultSchema,
} from "@framequeue/contracts";
import { ObjectNotFound, type ObjectStore } from "@framequeue/storage";
import { objectKeys } from "./keys.ts";

/** The objects that are the truth about a job, whatever Redis remembers. */
export type JobObjects = ReturnType<typeof createJobObjects>;

export function createJobObjects(objects: ObjectStore) {
  async function read<T>(key: string, parse: (value: unknown) => T): Promise<T | undefined> {
    try {
      return parse(JSON.parse((await objects.get(key)).toString()));
    } catch (error) {
      if (error instanceof ObjectNotFound) return undefined;
      throw error;
    }
  }

  const exists = async (key: string): Promise<boolean> => (await objects.stat(key)) !== undefined;

  /** The job's newest run, of which there is one more for every retry. */
  async function lastRun(id: JobId): Promise<number> {
    let run = 1;
    while (await exists(objectKeys.retry(id, run + 1))) run++;
    return run;
  }

  return {
    lastRun,
    accepted: (id: JobId): Promise<AcceptedJob | undefined> =>
      read(objectKeys.accepted(id), (value) => acceptedJobSchema.parse(value)),

    /** Of that run; of the newest where none is named. */
    result: async (id: JobId, run?: number): Promise<JobResult | undefined> => {
      const key = objectKeys.result(id, run ?? (await lastRun(id)));
      return read(key, (value) => jobResultSchema.parse(value));
    },

    wasCancelled: (id: JobId): Promise<boolean> => exists(objectKeys.cancelled(id)),
  };
}
