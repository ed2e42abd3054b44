import type { Job, Worker } from "bullmq";
import type { RedisClient } from "../ledger/redis.ts";
import { loadScripts } from "../ledger/scripts.ts";

/**
 * Tells deaths from lapses. BullMQ counts a stall whenever a lock ran out, whether its process died or lived on without
 * Redis, or with a busy loop; a process that lives says so in the task, so that an outage never counts as a death.
 */
export interface Lapses {
  /** Deliveries of a task of which nobody was heard of again. One that lapsed at this moment may still be counted. */
  deaths(task: Job): Promise<number>;
  /** Watches the lock of a delivery for as long as it is not disposed. */
  watch(task: Job, token: string | undefined): LockWatch;
}

export interface LockWatch extends Disposable {
  /** Notes the lapse if there was one: call it when the work is over, before its lock is given up. */
  settle(): Promise<void>;
}

export function createLapses(worker: Worker, redis: RedisClient): Lapses {
  const { lapsed } = loadScripts(redis);
  const held = new Map<string, () => void>();
  worker.on("lockRenewalFailed", (ids) => {
    for (const id of ids) held.get(id)?.();
  });
  return {
    async deaths({ id, stalledCounter }) {
      if (stalledCounter === 0) return 0;
      const lapses = Number((await redis.hget(worker.toKey(id!), "lapsed")) ?? 0);
      return Math.max(0, stalledCounter - lapses);
    },
    watch({ id }, token) {
      const key = worker.toKey(id!);
      let noted: Promise<unknown> | undefined;
      const note = (): Promise<unknown> => (noted ??= lapsed([key, `${key}:lock`], [token ?? ""]));
      const onLapse = (): void => {
        note().catch(() => {
          noted = undefined; // tried again when the work is over
        });
      };
      held.set(id!, onLapse);
      return {
        async settle() {
          await note();
        },
        [Symbol.dispose]() {
          if (held.get(id!) === onLapse) held.delete(id!);
        },
      };
    },
  };
}
