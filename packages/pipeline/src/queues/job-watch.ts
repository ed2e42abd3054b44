import { isTerminal, type JobId, type JobState } from "@framequeue/contracts";
import { jobKey } from "../ledger/keys.ts";
import type { RedisClient } from "../ledger/redis.ts";

/** How soon a process knows that a job it works for is not wanted any more. */
const LOOK_MS = 500;

/**
 * The job was cancelled, has ended, or goes on in another epoch: what is done for it leads nowhere. A stage whose commit
 * is answered `gone` throws it, so that what it has put meanwhile is cleared away.
 */
export class NotWanted extends Error {
  override readonly name = "NotWanted";
  constructor(job: JobId) {
    super(`Job ${job} does not want this work any more.`);
  }
}

/**
 * Tells the tasks of one process when nobody wants their work any more. One look at Redis for all of them, and none
 * while there are none.
 */
export interface JobWatch extends Disposable {
  /** A signal that aborts with `NotWanted`; disposing ends the watch over this task. */
  watch(job: JobId, epoch?: string): { readonly signal: AbortSignal } & Disposable;
}

interface Watched {
  readonly job: JobId;
  readonly epoch: string | undefined;
  readonly over: AbortController;
}

export function createJobWatch(redis: RedisClient): JobWatch {
  const watched = new Set<Watched>();
  let timer: NodeJS.Timeout | undefined;
  let looking = false;

  async function look(): Promise<void> {
    if (looking) return;
    looking = true;
    try {
      const seen = [...watched];
      const pipeline = redis.pipeline();
      for (const { job } of seen) pipeline.hmget(jobKey(job), "st", "ep");
      const answers = (await pipeline.exec()) ?? [];
      for (const [i, task] of seen.entries()) {
        const [error, fields] = answers[i] ?? [];
        if (error === null && !isWanted(task, fields as (string | null)[])) {
          task.over.abort(new NotWanted(task.job));
        }
      }
    } catch {
      // Redis is away: that is no reason to stop.
    } finally {
      looking = false;
    }
  }

  function stopLooking(): void {
    clearInterval(timer);
    timer = undefined;
  }

  return {
    watch(job, epoch) {
      const task: Watched = { job, epoch, over: new AbortController() };
      watched.add(task);
      timer ??= setInterval(() => void look(), LOOK_MS);
      return {
        signal: task.over.signal,
        [Symbol.dispose]() {
          watched.delete(task);
          if (watched.size === 0) stopLooking();
        },
      };
    },
    [Symbol.dispose]: stopLooking,
  };
}

function isWanted({ epoch }: Watched, [st, ep]: readonly (string | null)[]): boolean {
  if (!st || st === "cancelling" || isTerminal(st as JobState)) return false;
  return epoch === undefined || ep === epoch;
}
