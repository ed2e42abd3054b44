import {
  type AcceptedJob,
  acceptedJobSchema,
  type Gap,
  isTerminal,
  type JobId,
  jobIdSchema,
  jobIdTime,
  type JobResult,
  jobResultSchema,
  type JobState,
  type JobView,
  MESSAGE_VERSION,
  type Problem,
  ProblemError,
  toProblemError,
  type Warning,
  withoutFolders,
} from "@framequeue/contracts";
import type { FrameStore } from "@framequeue/frames";
import { type ObjectStore, putSealed } from "@framequeue/storage";
import { deleteCheckpoints, keepWork } from "../plan/adoption.ts";
import { createArtifactCheck } from "./artifact-check.ts";
import { discardUnfinished } from "./clear-abandoned.ts";
import { createJobEntries, type EntryEnd, type JobEntry, entryOf, viewOf } from "./job-entries.ts";
import {
  createJobObjects,
  type DamagedRecord,
  orDamaged,
  readable,
  RecordDamaged,
  recordDamaged,
  type RecordEvents,
} from "./job-objects.ts";
import { factsOf, isCancelled, runOf, toView } from "./job-view.ts";
import { activeJobsKey, jobKey, jobListKey, ledgerKeys, objectKeys } from "../ledger/keys.ts";
import type { JobEnd, JobRecord, Ledger } from "../ledger/ledger.ts";
import type { RedisClient } from "../ledger/redis.ts";
import { redisTrouble } from "../ledger/redis-trouble.ts";
import { forgetAddress, putAddress, withoutSecrets } from "../plan/source-address.ts";
import type { TaskQueues } from "../queues/task-queues.ts";

/** How long Redis remembers a job that has ended. Its objects stay. */
const RETENTION_SECONDS = 7 * 24 * 3600;

interface Ended {
  readonly a: "ended";
  readonly st: JobState;
}
interface Unknown {
  readonly a: "unknown";
}

/** What becomes of jobs, as the process sees it that makes it so; each change is told once. */
export interface JobEvents extends RecordEvents {
  readonly onJobAccepted?: (accepted: JobAccepted) => void;
  readonly onJobEnded?: (end: JobEnded) => void;
}

export interface JobAccepted {
  readonly job: JobId;
  /** ISO 8601. */
  readonly acceptedAt: string;
  /** W3C `traceparent` of the request, for the job's trace. */
  readonly askedBy?: string | undefined;
}

export interface JobEnded {
  readonly job: JobId;
  readonly run: number;
  readonly state: JobState;
  /** ISO 8601, as the two below. */
  readonly acceptedAt: string;
  /** When its first segment began to be decoded, where one did. */
  readonly startedAt?: string;
  readonly finishedAt: string;
  readonly problem?: Problem;
  /** Frames without a result. */
  readonly gaps: readonly Gap[];
}

export interface JobsDeps {
  readonly redis: RedisClient;
  readonly site: string;
  readonly ledger: Ledger;
  readonly queues: TaskQueues;
  readonly objects: ObjectStore;
  readonly frames: FrameStore;
  readonly events?: JobEvents;
}

/** The life of jobs as the outside sees it: accept, look, list, cancel, end. */
export type Jobs = ReturnType<typeof createJobs>;

export function createJobs(deps: JobsDeps) {
  const { redis, ledger, queues, objects, frames } = deps;
  const listKey = jobListKey(deps.site);
  const activeKey = activeJobsKey(deps.site);

  const entries = createJobEntries(redis, deps.site);
  const truth = createJobObjects(objects, {
    onRecordDamaged(record) {
      deps.events?.onRecordDamaged?.(record);
      // What one look found, the list shows from then on. Where Redis is away, another look will find it.
      entries.drop(record.job).catch(() => {});
    },
  });
  const { accepted, isAccepted, result, resultIfReadable, lastRun, wasCancelled } = truth;
  const artifacts = createArtifactCheck(objects);
  const noteDamage = (record: DamagedRecord): void => deps.events?.onRecordDamaged?.(record);

  /**
   * Deletes what is left of a job that is over: its pixels, and its intermediates unless a retry could use them. Does
   * nothing for one that goes on again.
   */
  async function clearWork(id: JobId): Promise<void> {
    const record = await ledger.read(id);
    const st = record?.["st"] as JobState | undefined;
    if (st !== undefined && st !== "cancelling" && !isTerminal(st)) return;
    const ended = st === undefined ? await orDamaged(result(id)) : undefined;
    await clearPixels(id);
    await discardUnfinished(objects, id);
    // How it ended nobody knows, and so not what could use the rest.
    if (ended instanceof RecordDamaged) return;
    const state = st ?? ended?.state;
    if (state !== undefined && RETRYABLE.includes(state)) {
      if (record?.["ep"] !== undefined) await deleteCheckpoints(objects, id, record["ep"]);
      return;
    }
    await objects.deletePrefix(objectKeys.work(id));
  }

  /**
   * Has the list show how a run of the job ended. To be called before the ledger is told: until then it shows a job that
   * goes on, and after it nobody is late who would put an older end over a newer one.
   */
  async function noteEnd(id: JobId, end: EntryEnd): Promise<void> {
    const [kept] = await entries.read([id]);
    const facts = kept?.accepted ?? readable(await orDamaged(accepted(id)));
    if (facts !== undefined) await entries.put(id, entryOf(facts, end));
  }

  /** Ends the run in the ledger, and tells of it where it is this call that does. */
  async function endRun(
    id: JobId,
    end: JobEnd,
    gaps: readonly Gap[] = [],
  ): Promise<{ readonly a: string; readonly st?: JobState }> {
    const record = await ledger.read(id);
    const answer = await ledger.end(id, end, RETENTION_SECONDS);
    if (answer.a === "ok") {
      const { state, finishedAt, problem } = end;
      const startedAt = record?.["decodeAt"];
      deps.events?.onJobEnded?.({
        job: id,
        run: end.run ?? runOf(record),
        state,
        acceptedAt: record?.["acceptedAt"] ?? finishedAt,
        ...(startedAt === undefined ? {} : { startedAt }),
        finishedAt,
        ...(problem === undefined ? {} : { problem }),
        gaps,
      });
    }
    return answer;
  }

  /** Whether its newest run has ended, by the objects, and by Redis where that remembers. */
  async function isOver(id: JobId): Promise<boolean> {
    const st = (await ledger.read(id))?.["st"] as JobState | undefined;
    if (st !== undefined && !isTerminal(st)) return false;
    return (await wasCancelled(id)) || (await orDamaged(result(id))) !== undefined;
  }

  async function clearPixels(id: JobId): Promise<void> {
    await frames.deletePrefix(id);
    await ledger.releaseAll(`${id}/`);
  }

  /** Asks the ledger about a job that is to be going on, and reminds it of one that it forgot. */
  async function known<A extends { readonly a: string }>(
    id: JobId,
    ask: () => Promise<A | Ended | Unknown>,
  ): Promise<Exclude<A, Ended | Unknown>> {
    for (;;) {
      if (!(await isAccepted(id))) throw jobNotFound(id);
      const answer = await ask();
      if (answer.a === "ended") throw jobEnded(id, (answer as Ended).st);
      if (answer.a !== "unknown") return answer as Exclude<A, Ended | Unknown>;
      const ended = (await wasCancelled(id)) ? "cancelled" : (await result(id))?.state;
      if (ended !== undefined) throw jobEnded(id, ended);
      const job = await accepted(id);
      if (job === undefined) throw jobNotFound(id);
      await remember(job);
      await queues.add({ v: MESSAGE_VERSION, stage: "ingest", job: id });
    }
  }

  /** Whether Redis knows nothing of a run that was promised: it stands where the run before ended. */
  async function isOwed(id: JobId, run: number): Promise<boolean> {
    const record = await ledger.read(id);
    return record === undefined || runOf(record) < run;
  }

  /** Whether Redis says that the run ended, of which the objects say nothing. */
  async function isResultLost(id: JobId, run: number): Promise<boolean> {
    const record = await ledger.read(id);
    return record !== undefined && runOf(record) === run && isTerminal(record["st"] as JobState);
  }

  /**
   * Whether another run may follow this one.
   *
   * @throws ProblemError `job-running`, `job-ended`
   */
  async function checkMendable(
    id: JobId,
    run: number,
    last: JobResult | RecordDamaged | undefined,
  ): Promise<void> {
    if (last instanceof RecordDamaged) return;
    if (last === undefined) {
      if (await isResultLost(id, run)) return;
      throw jobRunning(id);
    }
    const isMendable = RETRYABLE.includes(last.state) || (await artifacts.damaged(last)).length > 0;
    if (!isMendable) throw jobEnded(id, last.state);
  }

  async function startRun(job: AcceptedJob, run: number): Promise<void> {
    await watch(job.id);
    const started = await ledger.retry(job.id, run);
    if (started.a === "unknown") {
      await remember(job);
      await queues.add({ v: MESSAGE_VERSION, stage: "ingest", job: job.id });
    }
    await queues.addDue(job.id, "", started.due);
  }

  /** Deletes what says how the runs up to `last` ended and began. */
  async function clearRuns(id: JobId, last: number): Promise<void> {
    for (let run = last; run >= 1; run--) {
      await objects.delete(objectKeys.result(id, run));
      if (run > 1) await objects.delete(objectKeys.retry(id, run));
    }
  }

  /** Takes a submission back that was answered with an error: nothing of it is left. */
  async function withdraw(id: JobId): Promise<void> {
    await objects.deletePrefix(objectKeys.job(id));
    await redis.del(jobKey(id));
    await unlist(id);
    await redis.srem(activeKey, id);
  }

  /** Takes a job that is not there any more out of the list. */
  async function unlist(id: JobId): Promise<void> {
    await redis.zrem(listKey, id);
    await entries.drop(id);
  }

  /** Puts a job under the reconciler's eyes. */
  async function watch(id: JobId): Promise<void> {
    await redis.sadd(activeKey, id);
  }

  /** Puts an accepted job into Redis, under the reconciler's eyes first. */
  async function remember(job: AcceptedJob): Promise<void> {
    await watch(job.id);
    await ledger.accept(job.id, job.acceptedAt, await lastRun(job.id));
    await redis.zadd(listKey, Date.parse(job.acceptedAt), job.id);
    await entries.put(job.id, entryOf(job));
  }

  /** The ledger's record as one that can be looked at, or as what cannot. */
  async function recordOf(id: JobId): Promise<JobRecord | undefined> {
    try {
      return await ledger.read(id);
    } catch (cause) {
      if (!(cause instanceof Error && cause.message.startsWith("WRONGTYPE "))) throw cause;
      const damaged = { job: id, record: "redis", key: jobKey(id), cause } as const;
      noteDamage(damaged);
      throw recordDamaged(damaged);
    }
  }

  const view = async (id: JobId): Promise<JobView | undefined> => (await look(id)).view;

  /** The job by its objects, and its entry where they can be read. */
  async function look(id: JobId): Promise<{ view?: JobView; entry?: JobEntry }> {
    const job = await orDamaged(accepted(id));
    if (job === undefined) return {};
    const found = await orDamaged(recordOf(id));
    const record = readable(found);
    const st = record?.["st"] as JobState | undefined;
    // Most looks are at jobs that run, and those have no result to look for.
    const ended =
      st === undefined
        ? await orDamaged(result(id))
        : isTerminal(st)
          ? await orDamaged(result(id, runOf(record)))
          : undefined;
    // Redis forgets a cancelled job in the end; its tombstone stays.
    const mayBeCancelled = ended === undefined || ended instanceof RecordDamaged;
    const forgotten = st === undefined && mayBeCancelled && (await wasCancelled(id));
    const facts = ended === undefined || ended instanceof RecordDamaged ? ended : factsOf(ended);
    const shown = toView(id, job, forgotten ? { st: "cancelled" } : found, facts);
    if (job instanceof RecordDamaged || facts instanceof RecordDamaged) return { view: shown };
    return { view: shown, entry: entryOf(job, shown.state === "cancelled" ? "cancelled" : facts) };
  }

  /** The job as the list shows it: by its entry, and by its objects where that does not say enough; then it gets one. */
  async function glance(id: JobId, kept: JobEntry | undefined): Promise<JobView | undefined> {
    if (kept !== undefined) {
      const record = await ledger.read(id).catch(() => null); // the look says what is wrong with it
      const shown = record === null ? undefined : viewOf(id, kept, record);
      if (shown !== undefined) return shown;
    }
    const { view: shown, entry } = await look(id);
    if (entry !== undefined) await entries.put(id, entry);
    return shown;
  }

  interface Glance {
    readonly view?: JobView | undefined;
    readonly fault?: unknown;
  }

  /** As far as it can be looked at. Throws only what says nothing of this job: that Redis cannot serve. */
  async function glanceOrFault(id: JobId, kept: JobEntry | undefined): Promise<Glance> {
    try {
      return { view: await glance(id, kept) };
    } catch (fault) {
      if (redisTrouble(fault) !== undefined) throw fault;
      const record = await ledger.read(id).catch(() => undefined);
      return { view: toView(id, toProblemError(fault), record, undefined), fault };
    }
  }

  return {
    accepted,
    isAccepted,
    result,
    resultIfReadable,
    clearWork,
    watch,
    view,
    noteEnd,
    unlist,

    /** The job as the list shows it. Reads no objects where it can do without, for those who look again and again. */
    glance: async (id: JobId): Promise<JobView | undefined> =>
      glance(id, (await entries.read([id]))[0]),

    /** Whether a file is what its record says. */
    isIntact: (artifact: Artifact): Promise<boolean> => artifacts.isIntact(artifact),
    /** Tells those who count that something was found damaged. */
    noteDamage,

    /**
     * That a result file is what the job wrote.
     *
     * @throws ProblemError `result-damaged`
     */
    async checkArtifact(id: JobId, name: string, artifact: Artifact): Promise<void> {
      if (await artifacts.isIntact(artifact)) return;
      const damage = new ProblemError(
        "result-damaged",
        `${name} of job ${id} is gone from the object store, or is not what the job wrote. Put it back from a backup; or POST /v1/jobs/${id}/retry, which makes it again.`,
        { at: name },
      );
      noteDamage({ job: id, record: "artefact", key: artifact.key, cause: damage });
      throw damage;
    },

    /**
     * The job exists once this resolves, and survives a Redis that forgets its last second: the object is put first.
     * Where it rejects, or the signal fires before it resolves, the submission is to be withdrawn.
     */
    async submit(job: AcceptedJob, signal?: AbortSignal, askedBy?: string): Promise<void> {
      const steps = [
        () =>
          putSealed(
            objects,
            objectKeys.accepted(job.id),
            acceptedJobSchema.parse(withoutSecrets(job)),
            { durable: true },
          ),
        // Second: of a submission that is cut off here no secret is left.
        () => putAddress(objects, job),
        () => remember(job),
        () => queues.add({ v: MESSAGE_VERSION, stage: "ingest", job: job.id }),
      ];
      for (const step of steps) {
        await step();
        if (signal?.aborted) {
          // Nobody waits for it any more, and what came late came after the withdrawal.
          await withdraw(job.id);
          throw signal.reason;
        }
      }
      deps.events?.onJobAccepted?.({ job: job.id, acceptedAt: job.acceptedAt, askedBy });
    },

    withdraw,

    remember,

    /** The jobs that the reconciler looks after. */
    active: (): Promise<JobId[]> => redis.smembers(activeKey),

    /** Nothing of the job can come back any more. */
    async forget(id: JobId): Promise<void> {
      await redis.srem(activeKey, id);
    },

    wasCancelled,

    /** Whether there is a result of the job's newest run, readable or not. */
    isEnded: async (id: JobId): Promise<boolean> => (await orDamaged(result(id))) !== undefined,

    /** Ends a job in Redis whose result is there already. */
    async adopt(found: JobResult): Promise<void> {
      const { job, run, state, finishedAt, problem } = found;
      await noteEnd(job, factsOf(found));
      await endRun(job, { run, state, finishedAt, problem });
    },

    /** Every job of the list. */
    listed: (): Promise<JobId[]> => redis.zrevrange(listKey, 0, -1),

    /**
     * Puts an accepted job into the list where that misses it, and gives it an entry; `job` is what was accepted, where
     * that can be read. Answers whether the list missed it.
     */
    async enlist(id: JobId, job: AcceptedJob | undefined): Promise<boolean> {
      const isMissing = (await redis.zscore(listKey, id)) === null;
      if (isMissing) {
        const acceptedAt = job === undefined ? jobIdTime(id) : Date.parse(job.acceptedAt);
        await redis.zadd(listKey, acceptedAt, id);
        // A deletion takes it out of the list last.
        if (!(await isAccepted(id))) {
          await unlist(id);
          return false;
        }
      }
      if (job !== undefined && (await entries.read([id]))[0] === undefined) {
        await entries.put(id, entryOf(job));
      }
      return isMissing;
    },

    /** Those of the jobs that the list misses. */
    async unlisted(ids: readonly JobId[]): Promise<JobId[]> {
      if (ids.length === 0) return [];
      const scores = await redis.zmscore(listKey, ...ids);
      return ids.filter((_, i) => scores[i] === null);
    },

    /** Puts a job into the list again. Answers whether it has a record, without which it does not belong there. */
    async relist(id: JobId): Promise<boolean> {
      const acceptedAt = await redis.hget(jobKey(id), "acceptedAt");
      if (acceptedAt === null) return false;
      await redis.zadd(listKey, Date.parse(acceptedAt), id);
      if ((await redis.exists(jobKey(id))) === 1) return true;
      await redis.zrem(listKey, id); // it was deleted meanwhile
      return false;
    },

    /**
     * Newest first; `before` is the id of the last job of the page before. Reads objects only of jobs whose entry does
     * not say enough. A job that cannot be looked at is there
     * with its problem; where a store serves none of a page, it throws what the store says.
     */
    async list(options: { limit: number; before?: JobId }): Promise<JobView[]> {
      // By rank: jobs of the same millisecond have one score, and a page may end between them.
      const rank =
        options.before === undefined ? null : await redis.zrevrank(listKey, options.before);
      const first = rank === null ? 0 : rank + 1;
      const ids = await redis.zrevrange(listKey, first, first + options.limit - 1);
      const known = ids.filter((id) => jobIdSchema.safeParse(id).success);
      const kept = await entries.read(known);
      const looks = await Promise.all(known.map((id, i) => glanceOrFault(id, kept[i])));
      const isAway = ({ fault }: (typeof looks)[number]): boolean =>
        fault instanceof ProblemError && fault.code === "store-unavailable";
      if (looks.length > 0 && looks.every(isAway)) throw looks[0]!.fault;
      return looks.map(({ view }) => view).filter((view) => view !== undefined);
    },

    /** Idempotent. Throws `job-not-found`, or `job-ended` when there is nothing left to cancel. */
    async cancel(id: JobId): Promise<void> {
      if (!(await isAccepted(id))) throw jobNotFound(id);
      // One that cannot be read says nothing: there the ledger's word counts.
      const ended = await resultIfReadable(id);
      // A result beside a tombstone is one that came too late.
      if (ended !== undefined && !(await wasCancelled(id))) throw jobEnded(id, ended.state);
      // The tombstone comes first: it outlives a Redis that forgets the cancellation.
      await objects.put(objectKeys.cancelled(id), JSON.stringify({ v: 1, job: id }), {
        durable: true,
      });
      const found = await ledger.cancelling(id);
      if (found.a === "ended" && found.st !== "cancelled") {
        await objects.delete(objectKeys.cancelled(id));
        throw jobEnded(id, found.st);
      }
      if (found.a === "ok") await queues.removeDue(id, found.ep ?? "", found.tasks);
      await clearPixels(id);
      await objects.deletePrefix(objectKeys.work(id));
      const end = { state: "cancelled", finishedAt: new Date().toISOString() } as const;
      await noteEnd(id, "cancelled");
      await endRun(id, end);
      await clearRuns(id, await lastRun(id));
      await objects.deletePrefix(objectKeys.derived(id));
      await objects.deletePrefix(objectKeys.artifacts(id));
      await objects.deletePrefix(objectKeys.sources(id));
      await forgetAddress(objects, id);
    },

    /**
     * Deletes a job that has ended, with its source and its results. Throws `job-not-found`, or `job-running` where it
     * is to be cancelled first. One that was broken off is finished by calling it again.
     */
    async remove(id: JobId): Promise<void> {
      if (!(await isAccepted(id))) throw jobNotFound(id);
      if (!(await isOver(id))) {
        throw new ProblemError(
          "job-running",
          `Job ${id} has not ended; POST /v1/jobs/${id}/cancel ends it.`,
          { at: "id" },
        );
      }
      // While some of it is gone and some is not, it counts as cancelled: no run of it begins.
      await objects.put(objectKeys.cancelled(id), JSON.stringify({ v: 1, job: id }), {
        durable: true,
      });
      await forgetAddress(objects, id);
      await clearPixels(id);
      await objects.deletePrefix(objectKeys.work(id));
      await objects.deletePrefix(objectKeys.derived(id));
      await objects.deletePrefix(objectKeys.artifacts(id));
      await objects.deletePrefix(objectKeys.sources(id));
      await clearRuns(id, await lastRun(id));
      for (const key of ledgerKeys(id)) await redis.del(key);
      await redis.srem(activeKey, id);
      await unlist(id);
      await objects.delete(objectKeys.accepted(id));
      await objects.deletePrefix(objectKeys.job(id));
      // Whoever found it a moment ago may have put it into the list again.
      await unlist(id);
    },

    /**
     * Another run of a job that failed or has warnings, or whose result was lost or damaged: what still is there is not
     * worked on again. Throws `job-not-found`, `job-ended` where there is nothing to mend, or `job-running`.
     */
    async retry(id: JobId): Promise<void> {
      const job = await accepted(id);
      if (job === undefined) throw jobNotFound(id);
      if (await wasCancelled(id)) throw jobEnded(id, "cancelled");
      let run = await lastRun(id);
      const last = await orDamaged(result(id, run));
      // A run that was promised and that Redis knows nothing of is begun; any other is followed by another.
      if (last !== undefined || !(await isOwed(id, run))) {
        await checkMendable(id, run, last);
        run++;
        // The object comes first: what was promised outlives a Redis that forgets it.
        await objects.put(objectKeys.retry(id, run), JSON.stringify({ v: 1, job: id, run }), {
          durable: true,
        });
      }
      await startRun(job, run);
    },

    /** Starts a run that was promised and that Redis forgot. Answers whether there was one. */
    async recoverRetry(job: AcceptedJob): Promise<boolean> {
      const run = await lastRun(job.id);
      if (!(await isOwed(job.id, run))) return false;
      await startRun(job, run);
      return true;
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

    /**
     * Ends a job for a reason that stays when it is tried again. The first end stays. `epoch`: that of the work that
     * failed, which says nothing about a run that has begun since. Results of the run before are kept, with a warning.
     */
    async fail(id: JobId, problem: Problem, epoch?: string): Promise<void> {
      const record = await ledger.read(id);
      if (epoch !== undefined && record?.["ep"] !== epoch) return;
      const run = runOf(record);
      const end = { v: 1, job: id, run, finishedAt: new Date().toISOString() } as const;
      const before = run > 1 ? await resultIfReadable(id, run - 1) : undefined;
      if (before === undefined || before.state === "failed") {
        await this.finish({ ...end, state: "failed", warnings: [], problem, artifacts: {} });
        return;
      }
      const retryFailed = { code: "retry-failed", detail: `${problem.title}: ${problem.detail}` };
      const warnings = before.warnings.filter(({ code }) => code !== retryFailed.code);
      await this.finish({
        ...end,
        state: "succeeded_with_warnings",
        warnings: [...warnings, retryFailed],
        artifacts: before.artifacts,
      });
    },

    /**
     * Ends a run of a job: the result object first, then the ledger, then what is not needed any more. `gaps` are for
     * those who count.
     */
    async finish(ended: JobResult, gaps: readonly Gap[] = []): Promise<void> {
      const jobResult = forUsers(ended);
      const { job, run, state, finishedAt, problem } = jobResult;
      const record = await ledger.read(job);
      if (record?.["st"] === undefined || isTerminal(record["st"] as JobState)) return;
      if (record["st"] === "cancelling" || runOf(record) !== run) return;
      const before = run > 1 ? await resultIfReadable(job, run - 1) : undefined;
      const kept = RETRYABLE.includes(state)
        ? ((await keepWork(deps, job)) ?? before?.kept)
        : undefined;
      await putSealed(
        objects,
        objectKeys.result(job, run),
        jobResultSchema.parse({ ...jobResult, ...(kept === undefined ? {} : { kept }) }),
        { durable: true },
      );
      await noteEnd(job, factsOf(jobResult));
      const answer = await endRun(job, { run, state, finishedAt, problem }, gaps);
      // Another end came first.
      if (answer.a !== "ok") await entries.drop(job);
      // A cancellation came between the two; it beats the result, and deletes it too if it is the later of both.
      if (answer.a === "ended" && isCancelled(answer.st)) {
        await objects.delete(objectKeys.result(job, run));
      }
      if (answer.a === "ok" && run > 1) await replace(jobResult);
      await clearWork(job);
    },
  };

  /** Deletes the results of the run before: its record, which may be one that nobody can read, and files that are not among the new ones. */
  async function replace({ job, run, artifacts }: JobResult): Promise<void> {
    const wanted = new Set(Object.values(artifacts).map(({ key }) => key));
    for await (const key of objects.list(objectKeys.artifacts(job))) {
      if (!wanted.has(key)) await objects.delete(key);
    }
    // What was made of the files before is asked for under other names now, and made anew where it is wanted.
    await objects.deletePrefix(objectKeys.derived(job));
    await objects.delete(objectKeys.result(job, run - 1));
  }
}

type Artifact = JobResult["artifacts"][string];
/** What is told of a job names files, and not where this machine keeps them. */
function forUsers(result: JobResult): JobResult {
  const { problem, warnings } = result;
  return {
    ...result,
    warnings: warnings.map(warningForUsers),
    ...(problem && { problem: { ...problem, detail: withoutFolders(problem.detail) } }),
  };
}

export function warningForUsers(warning: Warning): Warning {
  return { ...warning, detail: withoutFolders(warning.detail) };
}

/** How a run ends that another one may do better. */
const RETRYABLE: readonly JobState[] = ["failed", "succeeded_with_warnings"];

export function jobNotFound(id: string): ProblemError {
  return new ProblemError("job-not-found", `There is no job ${id}.`, { at: "id" });
}

function jobRunning(id: JobId): ProblemError {
  return new ProblemError(
    "job-running",
    `Job ${id} has not ended; it can be retried when it has failed or has warnings.`,
    { at: "id" },
  );
}

function jobEnded(id: JobId, state: JobState): ProblemError {
  return new ProblemError("job-ended", `Job ${id} has ended: ${state}.`, { at: "id" });
}
