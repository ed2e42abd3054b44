import { setTimeout as sleep } from "node:timers/promises";
import type { JobId } from "@framequeue/contracts";
import { objectKeys } from "./keys.ts";
import type { Pipeline } from "./pipeline.ts";
import { jobShare } from "./job-share.ts";
import { reconcileJob, type RepairStep, type SeenJob } from "./reconcile-job.ts";
import { reconcileStores } from "./reconcile-stores.ts";
import { recoverJob, storedJobs } from "./recover-job.ts";
import { Suspects } from "./suspects.ts";

/** What the reconciler tells the outside. */
export interface RepairEvents {
  readonly onRepair?: (step: RepairStep) => void;
  /** Redis or a store could not be asked; the next pass tries again. */
  readonly onRepairError?: (error: unknown) => void;
}

export interface ReconcilerOptions {
  /** Mean time between two passes, in milliseconds. */
  readonly intervalMs: number;
  readonly events?: RepairEvents;
}

/** Repairs what queues and stores lose, and what dies with a process. Any number may run at once; none needs a lock. */
export interface Reconciler {
  start(): void;
  /** After the step that runs. */
  stop(): Promise<void>;
}

export function createReconciler(pipeline: Pipeline, options: ReconcilerOptions): Reconciler {
  const stopping = new AbortController();
  const { signal } = stopping;
  const memory: PassMemory = {
    suspects: new Suspects(),
    zombieMs: ZOMBIE_PASSES * options.intervalMs,
    wholeLooks: 0,
  };
  let running: Promise<void> = Promise.resolve();

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const step of reconcile(pipeline, memory)) {
          if (isRepair(step)) options.events?.onRepair?.(step);
          if (signal.aborted) return;
        }
      } catch (error) {
        options.events?.onRepairError?.(error);
      }
      // Several that run should not run at the same moment.
      const pause = options.intervalMs * (0.5 + Math.random());
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  }
  return {
    start: () => void (running = run()),
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** What one pass leaves for the next. */
export interface PassMemory {
  readonly suspects: Suspects;
  /** So long after its end, nobody works for a job any more that does not know of the end. */
  readonly zombieMs: number;
  /** The start of Redis that the last pass saw: another one may have forgotten something. */
  redisRun?: string;
  /** Passes that look at every job that has objects; a repair takes two. */
  wholeLooks: number;
}

const ZOMBIE_PASSES = 6;
const LOOK: RepairStep = "looked";

function isRepair(step: RepairStep): boolean {
  return !step.startsWith(LOOK);
}

/** One pass. Each step is a point where the process may die. */
export async function* reconcile(
  pipeline: Pipeline,
  memory: PassMemory,
): AsyncGenerator<RepairStep> {
  const { jobs, queues, frames, ledger, redis } = pipeline;
  const { suspects } = memory;
  suspects.begin();

  const redisRun = /^run_id:(\w+)/m.exec(await redis.info("server"))?.[1] ?? "";
  if (redisRun !== memory.redisRun) Object.assign(memory, { redisRun, wholeLooks: 2 });
  if (memory.wholeLooks > 0) {
    memory.wholeLooks--;
    for (const job of await storedJobs(pipeline.objects)) {
      yield* recoverJob({ ...pipeline, suspects }, job);
    }
  }

  const deliveries = await queues.deliveries("decode");
  const share = await jobShare(queues);
  const held = new Set<string>();
  for (const job of await jobs.active()) {
    const seen = yield* reconcileJob({ ledger, queues, frames, suspects, deliveries, share }, job);
    if (typeof seen === "object") for (const id of seen.held) held.add(id);
    yield* endOf(pipeline, memory, job, seen);
  }
  yield* reconcileStores({ ledger, frames, suspects }, held);
}

/** Jobs that ended, or should have. */
async function* endOf(
  pipeline: Pipeline,
  { suspects, zombieMs }: PassMemory,
  job: JobId,
  seen: SeenJob | string,
): AsyncGenerator<RepairStep> {
  const { jobs, objects, ledger } = pipeline;
  if (typeof seen === "object") {
    // Where the plan is gone, a job that had ended was brought back.
    if ((await objects.stat(objectKeys.plan(job, seen.epoch))) !== undefined) return;
    yield* recoverJob({ ...pipeline, suspects }, job);
  } else if (seen === "ended") {
    const finishedAt = (await ledger.read(job))?.["finishedAt"] ?? "";
    if (Date.now() - Date.parse(finishedAt) < zombieMs) return;
    await jobs.clearWork(job);
    await jobs.forget(job);
    yield `${LOOK} at what ${job} left`;
  } else {
    yield* recoverJob({ ...pipeline, suspects }, job);
  }
}
