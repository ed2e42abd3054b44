import { isTerminal, type JobId, type JobState } from "@framequeue/contracts";
import type { Jobs } from "./jobs.ts";
import { activeJobsKey, jobKey } from "./keys.ts";
import type { RedisClient } from "./redis.ts";

/** By sha256: the models of the jobs that have not ended. */
export async function modelsInUse(deps: {
  readonly redis: RedisClient;
  readonly site: string;
  readonly jobs: Pick<Jobs, "accepted">;
}): Promise<Set<string>> {
  const { redis, site, jobs } = deps;
  const ids: JobId[] = await redis.zrange(activeJobsKey(site), "0", "-1");
  const states = await Promise.all(ids.map((id) => redis.hget(jobKey(id), "st")));
  const inUse = new Set<string>();
  for (const [i, id] of ids.entries()) {
    const st = states[i] as JobState | null | undefined;
    // One that Redis knows nothing of may be one that it forgot.
    if (st != null && isTerminal(st)) continue;
    for (const { sha256 } of (await jobs.accepted(id))?.models ?? []) inUse.add(sha256);
  }
  return inUse;
}
