import type { JobId } from "@framequeue/contracts";
import { QUEUE_PREFIX, QUEUES } from "@framequeue/contracts";
import type { RedisClient } from "@framequeue/pipeline";
import type { ChaosSystem } from "./chaos-system.ts";
import { waitingTasks } from "./waiting-tasks.ts";

/** Everything that Redis knows of a job: its ledger, its tasks, and where they are. To find out why it does not go on. */
export async function describeJob({ pipeline }: ChaosSystem, job: JobId): Promise<string> {
  const { redis } = pipeline;
  const lines: string[] = [];
  const keys = [
    ...(await redis.keys(`fq:{${job}}:*`)),
    ...(await redis.keys(`${QUEUE_PREFIX}:*${job}*`)),
  ];
  for (const key of keys.sort()) lines.push(`${key} ${JSON.stringify(await read(redis, key))}`);
  for (const { queue, id } of await waitingTasks(redis)) {
    if (id.includes(job)) lines.push(`waits in ${queue}: ${id}`);
  }
  for (const stage of QUEUES) {
    const active = await redis.lrange(`${QUEUE_PREFIX}:${stage}:active`, 0, -1);
    lines.push(`active in ${stage}: ${JSON.stringify(active)}`);
  }
  return lines.join("\n");
}

async function read(redis: RedisClient, key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case "hash":
      return redis.hgetall(key);
    case "list":
      return redis.lrange(key, 0, -1);
    case "set":
      return redis.smembers(key);
    case "zset":
      return redis.zrange(key, 0, "-1", "WITHSCORES");
    default:
      return redis.get(key);
  }
}
