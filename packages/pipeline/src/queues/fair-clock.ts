import { clockKey } from "../ledger/keys.ts";
import type { RedisClient } from "../ledger/redis.ts";
import { loadScripts } from "../ledger/scripts.ts";

/**
 * Start-time fair queuing (Goyal, Vin, Cheng 1996): every job has a virtual time, the frames decoded of it over its
 * weight, and the task of the job that is furthest behind goes first. A job that comes, or comes back, starts at the
 * site's clock: it gets its share at once, and nothing for the time in which it asked for nothing. The clock is the
 * largest tag with which a decode began.
 */
export interface FairClock {
  read(): Promise<ClockReading>;
  /** A decode with this tag has begun. */
  advance(tag: number): Promise<void>;
  /** Priorities count from the clock from now on. False where another process came first. */
  rebase(seen: ClockReading): Promise<boolean>;
  /** The tasks that wait have their new priorities. */
  rebased(): Promise<void>;
}

export interface ClockReading {
  /** In frames of weight 1. */
  readonly now: number;
  /** Where the numbers of the queue begin. */
  readonly base: number;
  /** When a process began to give the waiting tasks new priorities, until it is done. */
  readonly moving: number | undefined;
}

/** BullMQ's priorities end here; the smallest number goes first. */
export const LARGEST_PRIORITY = 2 ** 21 - 1;

/** Frames of weight 1 that share a priority; tasks of one priority are served in the order in which they came. */
export const FRAMES_PER_PRIORITY = 16;

/** Half the numbers: some 16 million frames of one job, or more hours of several than one wants to count. */
const REBASE_AT = (LARGEST_PRIORITY / 2) * FRAMES_PER_PRIORITY;

/** A process that has been moving tasks for so long has died over it. */
const MOVING_MS = 30_000;

/** The number under which a task with this tag waits. */
export function priorityOf(tag: number, { base }: Pick<ClockReading, "base">): number {
  const steps = Math.floor((tag - base) / FRAMES_PER_PRIORITY);
  return Math.min(LARGEST_PRIORITY, Math.max(1, 1 + steps));
}

/** Whether the numbers run out, or a process died while it made room. */
export function needsRebase({ now, base, moving }: ClockReading): boolean {
  return now - base > REBASE_AT || (moving !== undefined && Date.now() - moving > MOVING_MS);
}

export function createFairClock(redis: RedisClient, site: string): FairClock {
  const key = clockKey(site);
  const scripts = loadScripts(redis);
  return {
    async read() {
      const [now, base, moving] = await redis.hmget(key, "now", "base", "moving");
      return {
        now: Number(now ?? 0),
        base: Number(base ?? 0),
        moving: moving ? Number(moving) : undefined,
      };
    },
    async advance(tag) {
      await scripts["clock-advance"]([key], [tag]);
    },
    async rebase({ base, now }) {
      return (await scripts["clock-rebase"]([key], [base, now, Date.now()])) === "ok";
    },
    async rebased() {
      await redis.hdel(key, "moving");
    },
  };
}
