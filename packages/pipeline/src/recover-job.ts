import { isTerminal, type JobId, type JobState, MESSAGE_VERSION } from "@framequeue/contracts";
import type { ObjectStore } from "@framequeue/storage";
import { jobKey, jobListKey } from "./keys.ts";
import type { Pipeline } from "./pipeline.ts";
import type { RepairStep } from "./reconcile-job.ts";
import type { Suspects } from "./suspects.ts";

export type RecoverDeps = Pick<Pipeline, "ledger" | "jobs" | "queues" | "redis" | "site"> & {
  readonly suspects: Suspects;
};

/**
 * Holds one job's record against its objects, which are the truth: a Redis that died may have forgotten that the job
 * was accepted, cancelled, or over.
 */
export async function* recoverJob(deps: RecoverDeps, job: JobId): AsyncGenerator<RepairStep> {
  const { ledger, jobs, queues, redis, site, suspects } = deps;
  const accepted = await jobs.accepted(job);
  const st = (await ledger.read(job))?.["st"] as JobState | undefined;
  if (accepted === undefined) {
    // Its submission was taken back halfway, and answered with an error.
    if (!suspects.see(`nobody's job ${job}`, st)) return;
    await redis.del(jobKey(job));
    await redis.zrem(jobListKey(site), job);
    await jobs.forget(job);
    yield `forgot ${job}, which was never accepted`;
  } else if (await jobs.wasCancelled(job)) {
    if (st === undefined) await jobs.forget(job);
    if (st === undefined || st === "cancelled" || !suspects.see(`cancelled ${job}`, st)) return;
    await jobs.cancel(job);
    yield `cancelled ${job} again`;
  } else if (await jobs.adoptResult(job)) {
    if (st !== undefined && !isTerminal(st)) yield `ended ${job}, whose result is there`;
  } else if (st !== undefined && isTerminal(st)) {
    if (await jobs.recoverRetry(accepted)) yield `began the retry of ${job} again`;
  } else if (st === undefined && suspects.see(`forgotten ${job}`)) {
    await jobs.remember(accepted);
    await queues.add({ v: MESSAGE_VERSION, stage: "ingest", job });
    yield `took ${job} in again`;
  }
}

/** Every job that the object store knows, by what stands there; one at a time. */
export async function storedJobs(objects: ObjectStore): Promise<Set<JobId>> {
  const found = new Set<JobId>();
  for await (const key of objects.list("jobs")) {
    const [, job] = key.split("/");
    if (job !== undefined) found.add(job);
  }
  return found;
}
