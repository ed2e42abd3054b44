import {
  type AcceptedJob,
  isTerminal,
  type JobId,
  jobIdSchema,
  type JobState,
  MESSAGE_VERSION,
} from "@framequeue/contracts";
import type { ObjectStore } from "@framequeue/storage";
import type { Ports } from "../ports.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { type AbandonedDeps, clearAbandonedUpload } from "../jobs/clear-abandoned.ts";
import { orDamaged, readable, RecordDamaged } from "../jobs/job-objects.ts";
import { activeJobsKey, jobKey } from "../ledger/keys.ts";
import type { RepairStep } from "./reconcile-job.ts";
import type { Suspects } from "./suspects.ts";

export type RecoverDeps = Pick<Ports, "ledger" | "queues" | "redis" | "site"> & {
  readonly jobs: Jobs;
} & AbandonedDeps & { readonly suspects: Suspects };

/**
 * Holds one job's record against its objects, which are the truth: Redis may have forgotten that the job was accepted,
 * cancelled, or over.
 *
 * @returns whether the two agree
 * @throws ProblemError `record-damaged` where what is to be done depends on an object that cannot be read
 */
export async function* recoverJob(
  deps: RecoverDeps,
  job: JobId,
): AsyncGenerator<RepairStep, boolean> {
  const { ledger, jobs, queues, redis, site, suspects } = deps;
  const accepted = await orDamaged(jobs.accepted(job));
  const st = (await ledger.read(job))?.["st"] as JobState | undefined;
  const isWatched = (await redis.sismember(activeJobsKey(site), job)) === 1;
  if (accepted === undefined) {
    // Redis knows nothing of it either: an upload that is on its way, or what is left of one.
    if (st === undefined && !isWatched) {
      yield* clearAbandonedUpload(deps, job);
      return false;
    }
    // Its submission was taken back halfway, and answered with an error.
    if (!suspects.see(`nobody's job ${job}`, st)) return false;
    await redis.del(jobKey(job));
    await jobs.unlist(job);
    await jobs.forget(job);
    yield `forgot ${job}, which was never accepted`;
    return false;
  }
  if (await jobs.wasCancelled(job)) {
    if (st === undefined) await jobs.forget(job);
    if (st === undefined || st === "cancelled") {
      yield* enlist(jobs, job, accepted);
      await jobs.noteEnd(job, "cancelled");
      return true;
    }
    if (!suspects.see(`cancelled ${job}`, st)) return false;
    await jobs.cancel(job);
    yield `cancelled ${job} again`;
    return false;
  }
  const result = await orDamaged(jobs.result(job));
  // Those that go on come into the list when they are taken in again.
  if (result !== undefined || accepted instanceof RecordDamaged) {
    yield* enlist(jobs, job, accepted);
  }
  if (result instanceof RecordDamaged) throw result;
  if (result !== undefined) {
    await jobs.adopt(result);
    if (st === undefined || isTerminal(st)) return true;
    yield `ended ${job}, whose result is there`;
    return false;
  }
  if (accepted instanceof RecordDamaged) throw accepted;
  if (st === undefined) {
    if (!suspects.see(`forgotten ${job}`)) return false;
    await jobs.remember(accepted);
    await queues.add({ v: MESSAGE_VERSION, stage: "ingest", job });
    yield `took ${job} in again`;
    return false;
  }
  if (isTerminal(st)) {
    if (!(await jobs.recoverRetry(accepted))) return true;
    yield `began the retry of ${job} again`;
    return false;
  }
  if (isWatched) return true;
  // At first sight: this takes nothing away, and what else is lost of the job shows only under watch.
  await jobs.watch(job);
  yield `took ${job} under watch again`;
  return false;
}

/** At first sight: this takes nothing away. */
async function* enlist(
  jobs: RecoverDeps["jobs"],
  job: JobId,
  accepted: AcceptedJob | RecordDamaged,
): AsyncGenerator<RepairStep> {
  if (await jobs.enlist(job, readable(accepted))) yield `took ${job} into the list again`;
}

/** Every job that the object store knows, by what stands there. */
export async function storedJobs(objects: ObjectStore): Promise<Set<JobId>> {
  const found = new Set<JobId>();
  for await (const name of objects.names("jobs")) {
    if (jobIdSchema.safeParse(name).success) found.add(name);
  }
  return found;
}
