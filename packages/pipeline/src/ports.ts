import type { FrameStore } from "@framequeue/frames";
import type { ObjectStore } from "@framequeue/storage";
import type { Ledger } from "./ledger/ledger.ts";
import type { RedisClient } from "./ledger/redis.ts";
import type { Host } from "./protocol/host.ts";
import type { TaskQueues } from "./queues/task-queues.ts";

/** Everything outside that the pipeline speaks to. A simulation puts its own in their place. */
export interface Ports {
  readonly redis: RedisClient;
  readonly site: string;
  readonly ledger: Ledger;
  readonly queues: TaskQueues;
  readonly objects: ObjectStore;
  readonly frames: FrameStore;
  /** Bytes of pixels that the whole site may hold in its frame store. */
  readonly frameBudgetBytes: number;
  /** How long a task stays with a process that gives no sign of life, in milliseconds. */
  readonly lockMs: number;
  readonly host: Host;
}
