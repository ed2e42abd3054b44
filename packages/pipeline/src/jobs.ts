import {
  type AcceptedJob,
  acceptedJobSchema,
  DEFAULT_PRIORITY,
  isTerminal,
  type JobId,
  type JobResult,
  jobResultSchema,
  type JobState,
  type JobView,
  MESSAGE_VERSION,
  type Problem,
  ProblemError,
  type Progress,
} from "@framequeue/contracts";
import type { FrameStore } from "@framequeue/frames";
import { ObjectNotFound, type ObjectStore } from "@framequeue/storage";
import { activeJobsKey, jobListKey, objectKeys } from "./keys.ts";
import type { JobRecord, Ledger } from "./ledger.ts";
import type { RedisClient } from "./redis.ts";
import type { TaskQueues } from "./task-queues.ts";

/** How long Redis remembers a job that has ended. Its objects stay. */
const RETENTION_SECONDS = 7 * 24 * 3600;

interface Ended {
  readonly a: "ended";
  readonly st: JobState;
}
interface Unknown {
  readonly a: "unknown";
}

export interface JobsDeps {
  readonly redis: RedisClient;
  readonly site: string;
  readonly ledger: Ledger;
  readonly queues: TaskQueues;
  readonly objects: ObjectStore;
  readonly frames: FrameStore;
}

/** The life of jobs as the outside sees it: accept, look, list, cancel, end. */
export type Jobs = ReturnType<typeof createJobs>;

export function createJobs(deps: JobsDeps) {
  const { redis, ledger, queues, objects, frames } = deps;
  const listKey = jobListKey(deps.site);
  const activeKey = activeJobsKey(deps.site);

  async function readObject<T>(key: string, parse: (value: unknown) => T): Promise<T | undefined> {
    try {
      return parse(JSON.parse((await objects.get(key)).toString()));
    } catch (error) {
      if (error instanceof ObjectNotFound) return undefined;
      throw error;
    }
  }

  const accepted = (id: JobId): Promise<AcceptedJob | undefined> =>
    readObject(objectKeys.accepted(id), (value) => acceptedJobSchema.parse(value));
  const result = (id: JobId): Promise<JobResult | undefined> =>
    readObject(objectKeys.result(id), (value) => jobResultSchema.parse(value));
  const tombstone = async (id: JobId): Promise<boolean> =>
    (await objects.stat(objectKeys.cancelled(id))) !== undefined;

  /** Deletes everything of a job that is neither its record, its source nor its results. For jobs that are over. */
  async function clearWork(id: JobId): Promise<void> {
    await frames.deletePrefix(id);
    await ledger.releaseAll(`${id}/`);
    await objects.deletePrefix(objectKeys.work(id));
  }

  /** Asks the ledger about a job that is to be going on, and reminds it of one that it forgot. */
  async function known<A extends { readonly a: string }>(
    id: JobId,
    ask: () => Promise<A | Ended | Unknown>,
  ): Promise<Exclude<A, Ended | Unknown>> {
    for (;;) {
      const job = await accepted(id);
      if (job === undefined) throw jobNotFound(id);
      const answer = await ask();
      if (answer.a === "ended") throw jobEnded(id, (answer as Ended).st);
      if (answer.a !== "unknown") return answer as Exclude<A, Ended | Unknown>;
      const ended = (await tombstone(id)) ? "cancelled" : (await result(id))?.state;
      if (ended !== undefined) throw jobEnded(id, ended);
      await remember(job);
      await queues.add({ v: MESSAGE_VERSION, stage: "ingest", job: id });
    }
  }

  /** Puts an accepted job into Redis, under the reconciler's eyes first. */
  async function remember(job: AcceptedJob): Promise<void> {
    await redis.sadd(activeKey, job.id);
    await ledger.accept(job.id, job.acceptedAt);
    await redis.zadd(listKey, Date.parse(job.acceptedAt), job.id);
  }

  return {
    accepted,
    result,
    clearWork,

    /** The job exists once this resolves, and survives a Redis that forgets its last second: the object is put first. */
    async submit(job: AcceptedJob): Promise<void> {
      await objects.put(objectKeys.accepted(job.id), JSON.stringify(acceptedJobSchema.parse(job)), {
        durable: true,
      });
      await remember(job);
      await queues.add({ v: MESSAGE_VERSION, stage: "ingest", job: job.id });
    },

    remember,

    /** The jobs that the reconciler looks after. */
    active: (): Promise<JobId[]> => redis.smembers(activeKey) as Promise<JobId[]>,

    /** Nothing of the job can come back any more. */
    async forget(id: JobId): Promise<void> {
      await redis.srem(activeKey, id);
    },

    wasCancelled: tombstone,

    /** Ends a job in Redis whose result is there already. Answers whether it is. */
    async adoptResult(id: JobId): Promise<boolean> {
      const found = await result(id);
      if (found === undefined) return false;
      await ledger.end(id, found.state, found.finishedAt, found.problem, RETENTION_SECONDS);
      return true;
    },

    async view(id: JobId): Promise<JobView | undefined> {
      const job = await accepted(id);
      if (job === undefined) return undefined;
      const record = await ledger.read(id);
      const st = record?.["st"] as JobState | undefined;
      // Most looks are at jobs that run, and those have no result to look for.
      const ended = st === undefined || isTerminal(st) ? await result(id) : undefined;
      // Redis forgets a cancelled job in the end; its tombstone stays.
      const forgotten = st === undefined && ended === undefined && (await tombstone(id));
      return toView(job, forgotten ? { st: "cancelled" } : record, ended);
    },

    /** Newest first; `before` is the id of the last job of the page before. */
    async list(options: { limit: number; before?: JobId }): Promise<JobView[]> {
      // By rank: jobs of the same millisecond have one score, and a page may end between them.
      const rank =
        options.before === undefined ? null : await redis.zrevrank(listKey, options.before);
      const first = rank === null ? 0 : rank + 1;
      const ids = await redis.zrevrange(listKey, first, first + options.limit - 1);
      const views = await Promise.all(ids.map((id) => this.view(id)));
      return views.filter((view) => view !== undefined);
    },

    /** Idempotent. Throws `job-not-found`, or `job-ended` when there is nothing left to cancel. */
    async cancel(id: JobId): Promise<void> {
      if ((await accepted(id)) === undefined) throw jobNotFound(id);
      const ended = await result(id);
      // A result beside a tombstone is one that came too late.
      if (ended !== undefined && !(await tombstone(id))) throw jobEnded(id, ended.state);
      // The tombstone comes first: it outlives a Redis that forgets the cancellation.
      await objects.put(objectKeys.cancelled(id), JSON.stringify({ v: 1, job: id }), {
        durable: true,
      });
      const found = await ledger.cancelling(id);
      if (found.a === "ended" && found.st !== "cancelled") {
        await objects.delete(objectKeys.cancelled(id));
        throw jobEnded(id, found.st);
      }
      await clearWork(id);
      await ledger.end(id, "cancelled", new Date().toISOString(), undefined, RETENTION_SECONDS);
      await objects.delete(objectKeys.result(id));
      await objects.deletePrefix(objectKeys.sources(id));
    },

    /**
     * Nothing new starts for the job; what runs may commit. Idempotent. Throws `job-not-found` or `job-ended`. Only
     * Redis remembers a pause: one that forgets its last second lets the job go on.
     */
    async pause(id: JobId): Promise<void> {
      await known(id, () => ledger.pause(id));
    },

    /** The job goes on where it was. Idempotent. Throws `job-not-found` or `job-ended`. */
    async resume(id: JobId): Promise<void> {
      const { ep = "", due } = await known(id, () => ledger.resume(id));
      await queues.addDue(id, ep, due);
    },

    /** Ends a job for a reason that no retry can mend. The first end stays. */
    async fail(id: JobId, problem: Problem): Promise<void> {
      await this.finish({
        v: 1,
        job: id,
        run: 1,
        state: "failed",
        finishedAt: new Date().toISOString(),
        warnings: [],
        problem,
        artifacts: {},
      });
    },

    /** Ends a job: the result object first, then the ledger, then what is not needed any more. */
    async finish(jobResult: JobResult): Promise<void> {
      const { job } = jobResult;
      const record = await ledger.read(job);
      if (record?.["st"] === undefined || isTerminal(record["st"] as JobState)) return;
      if (record["st"] === "cancelling") return;
      await objects.put(
        objectKeys.result(job, jobResult.run),
        JSON.stringify(jobResultSchema.parse(jobResult)),
        { durable: true },
      );
      const ended = await ledger.end(
        job,
        jobResult.state,
        jobResult.finishedAt,
        jobResult.problem,
        RETENTION_SECONDS,
      );
      // A cancellation came between the two; it beats the result, and deletes it too if it is the later of both.
      if (ended.a === "ended" && isCancelled(ended.st)) {
        await objects.delete(objectKeys.result(job, jobResult.run));
      }
      await clearWork(job);
    },
  };
}

export function jobNotFound(id: string): ProblemError {
  return new ProblemError("job-not-found", `There is no job ${id}.`, { at: "id" });
}

function jobEnded(id: JobId, state: JobState): ProblemError {
  return new ProblemError("job-ended", `Job ${id} has ended: ${state}.`, { at: "id" });
}

function isCancelled(st: string | undefined): boolean {
  return st === "cancelling" || st === "cancelled";
}

function toView(
  job: AcceptedJob,
  record: JobRecord | undefined,
  result: JobResult | undefined,
): JobView {
  // A cancellation beats a result that came too late.
  const ended = isCancelled(record?.["st"]) ? undefined : result;
  const state = ended?.state ?? publicState(record);
  const finishedAt = ended?.finishedAt ?? record?.["finishedAt"];
  const problem = ended?.problem ?? parseProblem(record?.["problem"]);
  return {
    id: job.id,
    state,
    source: { name: job.source.name },
    models: job.models,
    priority: job.priority ?? DEFAULT_PRIORITY,
    acceptedAt: job.acceptedAt,
    ...(finishedAt === undefined ? {} : { finishedAt }),
    progress: toProgress(record),
    warnings: ended?.warnings ?? [],
    ...(problem === undefined ? {} : { problem }),
    results: Object.fromEntries(
      Object.keys(ended?.artifacts ?? {}).map((name) => [
        name,
        `/v1/jobs/${job.id}/results/${name}`,
      ]),
    ),
  };
}

/** The ledger's own states are finer in one place (`tracked`) and know pausing as a flag. */
function publicState(record: JobRecord | undefined): JobState {
  const st = record?.["st"];
  if (st === undefined) return "queued";
  if (record?.["paused"] === "1" && st !== "cancelling" && !isTerminal(st as JobState)) {
    return "paused";
  }
  return st === "tracked" ? "finalizing" : (st as JobState);
}

function toProgress(record: JobRecord | undefined): Progress {
  const count = (name: string): number => Number(record?.[name] ?? 0);
  return {
    total: Math.max(count("total"), count("ord")),
    decoded: count("fd"),
    inferred: count("fi"),
    tracked: count("ord"),
    rendered: count("rendered"),
    indexed: record?.["index"] !== undefined,
  };
}

function parseProblem(text: string | undefined): Problem | undefined {
  return text === undefined || text === "" ? undefined : (JSON.parse(text) as Problem);
}
