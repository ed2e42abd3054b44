import { QUEUE_PREFIX, QUEUES } from "@framequeue/contracts";
import { Queue } from "bullmq";
import type { RedisClient } from "../ledger/redis.ts";

/** Every queue, to be looked at by what knows BullMQ. They use the connection, and close with it. */
export function openQueues(connection: RedisClient): Queue[] {
  return QUEUES.map((name) => {
    // To look at a queue writes nothing into it.
    const queue = new Queue(name, { connection, prefix: QUEUE_PREFIX, skipMetasUpdate: true });
    // Whoever opened the connection hears of its faults; a queue without a listener would print them once more.
    queue.on("error", () => {});
    return queue;
  });
}
