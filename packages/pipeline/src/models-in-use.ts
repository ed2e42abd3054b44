import { isTerminal, type JobState } from "@framequeue/contracts";
import type { Jobs } from "./jobs.ts";
import { jobKey } from "./keys.ts";
import type { RedisClient } from "./redis.ts";

/** By sha256: the models of the jobs that have not ended. */
export async function modelsInUse(deps: {
  readonly redis: RedisClient;
  readonly jobs: Pick<Jobs, "accepted" | "active">;
}): Promise<Set<string>> {
  const { redis, jobs } = deps;
  const inUse = new Set<string>();
  for (const id of await jobs.active()) {
    const st = (await redis.hget(jobKey(id), "st")) as JobState | null;
    // One that Redis knows nothing of may be one that it forgot.
    if (st !== null && isTerminal(st)) continue;
    for (const { sha256 } of (await jobs.accepted(id))?.models ?? []) inUse.add(sha256);
  }
  return inUse;
}
