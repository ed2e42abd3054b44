import { QUEUE_PREFIX, QUEUES } from "@framequeue/contracts";
import type { RedisClient } from "@framequeue/pipeline";

export interface WaitingTask {
  /** Prefix of the queue's keys. */
  readonly queue: string;
  readonly id: string;
}

/** Tasks that are in a queue and that nobody works on. */
export async function waitingTasks(redis: RedisClient): Promise<WaitingTask[]> {
  const found: WaitingTask[] = [];
  for (const stage of QUEUES) {
    const queue = `${QUEUE_PREFIX}:${stage}`;
    const ids = [
      ...(await redis.lrange(`${queue}:wait`, 0, -1)),
      ...(await redis.zrange(`${queue}:prioritized`, 0, "-1")),
      ...(await redis.zrange(`${queue}:delayed`, 0, "-1")),
    ];
    found.push(...ids.map((id) => ({ queue, id })));
  }
  return found;
}
