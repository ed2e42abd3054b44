import { setTimeout as sleep } from "node:timers/promises";
import {
  type DerivationRecord,
  derivationRecordSchema,
  type DerivationTask,
  derivationTaskSchema,
  type JobId,
  ProblemError,
  problemSchema,
  QUEUE_PREFIX,
  toProblemError,
} from "@framequeue/contracts";
import { getSealed, isLoss, type ObjectStore, putSealed } from "@framequeue/storage";
import { Queue } from "bullmq";
import type { Jobs } from "../jobs/jobs.ts";
import { objectKeys } from "../ledger/keys.ts";
import { redisTrouble } from "../ledger/redis-trouble.ts";
import type { RedisClient } from "../ledger/redis.ts";

export type DerivedFile = DerivationRecord["artifact"];

/**
 * What is made of jobs that have ended, when somebody asks for it. Each thing is named by the hash of what it is made of,
 * so whoever makes it makes the same; it is an object or not yet, and stays for as long as its job does.
 */
export interface Derivations extends AsyncDisposable {
  /** Undefined where it is not made yet, or is not what it was any more. */
  find(job: JobId, name: string): Promise<DerivedFile | undefined>;
  /** Has it made. Who asks again while it is in the queue or being made changes nothing. */
  ask(task: DerivationTask): Promise<void>;
  /**
   * Waits for it, so long at most, and looks a few times.
   *
   * @throws ProblemError that ended the last try
   */
  wait(job: JobId, name: string, waitMs: number): Promise<DerivedFile | undefined>;
  /** Its file is in the store now. Takes everything back where the job is gone meanwhile. */
  keep(task: DerivationTask, artifact: DerivedFile): Promise<void>;
  /** Nothing of it is to stay: its job is gone. */
  clear(job: JobId): Promise<void>;
  /** It cannot be made: those who ask within the next minute hear why. */
  fail(task: DerivationTask, error: unknown): Promise<void>;
}

/** How often a task that fails is tried, with pauses that double from a quarter of a second. */
const ATTEMPTS = 8;
const FIRST_PAUSE_MS = 250;
/** Looks for what is being made: the first so soon, each then twice as late, up to a limit. */
const FIRST_LOOK_MS = 50;
const LAST_LOOK_MS = 500;
const REMEMBERED_SECONDS = 60;

export function createDerivations(deps: {
  readonly redis: RedisClient;
  readonly objects: ObjectStore;
  readonly jobs: Jobs;
}): Derivations {
  const { redis, objects, jobs } = deps;
  const queue = new Queue<DerivationTask>(DERIVE, {
    connection: redis,
    prefix: QUEUE_PREFIX,
    // The object is the record; a task that is over leaves nothing behind.
    defaultJobOptions: {
      removeOnComplete: true,
      removeOnFail: true,
      attempts: ATTEMPTS,
      backoff: { type: "exponential", delay: FIRST_PAUSE_MS },
      stackTraceLimit: 1,
    },
    streams: { events: { maxLen: 100 } },
  });
  // Whoever opened the connection hears of its faults; a queue without a listener would print them once more.
  queue.on("error", () => {});
  const failureKey = (job: JobId, name: string): string => `fq:{${job}}:derived:${name}`;

  async function recordOf(job: JobId, name: string): Promise<DerivedFile | undefined> {
    try {
      const found = await getSealed(objects, objectKeys.derivedRecord(job, name));
      return derivationRecordSchema.safeParse(found).data?.artifact;
    } catch (error) {
      if (isLoss(error)) return undefined;
      throw error;
    }
  }

  async function failure(job: JobId, name: string): Promise<ProblemError | undefined> {
    const text = await redis.get(failureKey(job, name));
    if (text === null) return undefined;
    const { data } = problemSchema.safeParse(JSON.parse(text));
    return data && new ProblemError(data.code, data.detail, data.at ? { at: data.at } : {});
  }

  return {
    async find(job, name) {
      const artifact = await recordOf(job, name);
      return artifact !== undefined && (await jobs.isIntact(artifact)) ? artifact : undefined;
    },
    async ask(task) {
      try {
        const jobId = `${DERIVE}-${task.job}-${task.name}`;
        await queue.add(DERIVE, derivationTaskSchema.parse(task), { jobId });
      } catch (error) {
        throw redisTrouble(error) ?? error;
      }
    },
    async wait(job, name, waitMs) {
      const deadline = performance.now() + waitMs;
      for (
        let pause = FIRST_LOOK_MS;
        performance.now() < deadline;
        pause = Math.min(2 * pause, LAST_LOOK_MS)
      ) {
        await sleep(Math.min(pause, deadline - performance.now()));
        const found = await this.find(job, name);
        if (found !== undefined) return found;
        const failed = await failure(job, name);
        if (failed !== undefined) throw failed;
      }
      return undefined;
    },
    async keep({ job, name }, artifact) {
      const record: DerivationRecord = { v: 1, job, name, artifact };
      await putSealed(objects, objectKeys.derivedRecord(job, name), record, { durable: true });
      // Who deletes a job deletes its acceptance before the rest: one of the two sees what is left.
      if (!(await jobs.isAccepted(job))) await this.clear(job);
    },
    clear: (job) => objects.deletePrefix(objectKeys.derived(job)),
    async fail({ job, name }, error) {
      const problem = JSON.stringify(toProblemError(error).toProblem());
      await redis.set(failureKey(job, name), problem, "EX", REMEMBERED_SECONDS);
    },
    async [Symbol.asyncDispose]() {
      await queue.close();
    },
  };
}

/** The queue, and the name of its tasks. */
export const DERIVE = "derive";
