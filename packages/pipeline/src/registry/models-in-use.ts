import { type AcceptedJob, isTerminal, type JobId, type JobState } from "@framequeue/contracts";
import { orDamaged, readable } from "../jobs/job-objects.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { jobKey } from "../ledger/keys.ts";
import type { RedisClient } from "../ledger/redis.ts";

interface Deps {
  readonly redis: RedisClient;
  readonly jobs: Pick<Jobs, "accepted" | "active">;
}

interface GoingOn {
  readonly id: JobId;
  /** Undefined where the job's record is damaged. */
  readonly models: AcceptedJob["models"] | undefined;
}

/** The jobs that have not ended, with the models that they keep to their end. */
async function* goingOn({ redis, jobs }: Deps): AsyncGenerator<GoingOn> {
  for (const id of await jobs.active()) {
    const st = (await redis.hget(jobKey(id), "st")) as JobState | null;
    // One that Redis knows nothing of may be one that it forgot.
    if (st !== null && isTerminal(st)) continue;
    const job = await orDamaged(jobs.accepted(id));
    if (job !== undefined) yield { id, models: readable(job)?.models };
  }
}

/** By sha256: the models of the jobs that have not ended, as far as their records can be read. */
export async function modelsInUse(deps: Deps): Promise<Set<string>> {
  const inUse = new Set<string>();
  for await (const { models } of goingOn(deps)) {
    for (const { sha256 } of models ?? []) inUse.add(sha256);
  }
  return inUse;
}

/** The jobs that have not ended and keep that model, or may: one whose record is damaged goes on when that is back. */
export async function jobsUsing(deps: Deps, sha256: string): Promise<JobId[]> {
  const using: JobId[] = [];
  for await (const { id, models } of goingOn(deps)) {
    if (models?.some((model) => model.sha256 === sha256) ?? true) using.push(id);
  }
  return using;
}
