import { setTimeout as sleep } from "node:timers/promises";
import { type JobId, newToken } from "@framequeue/contracts";
import { objectKeys, witnessKey } from "../ledger/keys.ts";
import { keepQuarantined } from "../registry/model-quarantine.ts";
import type { Pipeline } from "../pipeline.ts";
import { IntermediateLost } from "../protocol/intermediates.ts";
import { ABANDONED_MS, clearAbandonedModels } from "../jobs/clear-abandoned.ts";
import { jobShare } from "../jobs/job-share.ts";
import { reconcileJob, type RepairStep, type SeenJob } from "./reconcile-job.ts";
import { reconcileStores } from "./reconcile-stores.ts";
import { recoverJob, storedJobs } from "./recover-job.ts";
import { redisTrouble } from "../ledger/redis-trouble.ts";
import { remake } from "../protocol/remake.ts";
import { Standstill } from "../queues/standstill.ts";
import { Suspects } from "./suspects.ts";

/** What the reconciler tells the outside. */
export interface RepairEvents {
  readonly onRepair?: (step: RepairStep) => void;
  /** Redis or a store could not be asked; the next pass tries again. */
  readonly onRepairError?: (error: unknown) => void;
  /** A pass could not look after one job, and went on behind it. */
  readonly onJobSkipped?: (job: JobId, error: unknown) => void;
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
  const memory = newPassMemory({ zombieMs: ZOMBIE_PASSES * options.intervalMs });
  let running: Promise<void> = Promise.resolve();

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const step of reconcile(pipeline, memory, options.events)) {
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
  /** What Redis was when the last pass saw it: another one may have forgotten something. */
  redisRun?: string;
  /**
   * Jobs that Redis and the objects agree on, and whether they are under watch. Looked at again when that changes, or
   * Redis does: so every job is held against its objects, and those of long ago cost a pass nothing.
   */
  readonly agreed: Map<JobId, boolean>;
  /** Whether the list has been held against the store since Redis is what it is. */
  isListHeld: boolean;
  /** Puts that were begun, and for how long nothing has come of them. */
  readonly standstill: Standstill;
  /** So long nothing comes only of those that nobody goes on with. */
  readonly abandonedMs: number;
}

/** Of one who has not seen anything yet. */
export function newPassMemory(
  times: Pick<PassMemory, "zombieMs"> & Partial<Pick<PassMemory, "abandonedMs">>,
): PassMemory {
  return {
    suspects: new Suspects(),
    agreed: new Map(),
    isListHeld: false,
    standstill: new Standstill(),
    abandonedMs: ABANDONED_MS,
    ...times,
  };
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
  events: RepairEvents = {},
): AsyncGenerator<RepairStep> {
  const { jobs, queues, frames, ledger } = pipeline;
  const { suspects, agreed, standstill } = memory;
  suspects.begin();
  standstill.begin();

  const redisRun = await redisIdentity(pipeline);
  if (redisRun !== memory.redisRun) {
    // What was repaired before it forgot was not repaired in vain.
    agreed.clear();
    suspects.clear();
    memory.isListHeld = false;
    await keepQuarantined(pipeline).catch((error: unknown) => events.onRepairError?.(error));
  }
  memory.redisRun = redisRun;

  /** Jobs that this pass could not look after: what they hold it does not know. */
  const skipped = new Set<string>();
  /** What is wrong with one job keeps nobody from the others. */
  async function* each<T>(
    job: JobId,
    steps: AsyncGenerator<RepairStep, T>,
  ): AsyncGenerator<RepairStep, T | undefined> {
    try {
      return yield* steps;
    } catch (error) {
      // That is wrong with all of them.
      if (redisTrouble(error) !== undefined) throw error;
      skipped.add(job);
      events.onJobSkipped?.(job, error);
      return undefined;
    }
  }

  const active = new Set(await jobs.active());
  const looked = new Set<JobId>();
  // Before the store: a job is there before it is in the list.
  const listed = memory.isListHeld ? [] : await jobs.listed();
  const found = await stored(pipeline, memory, events);
  if (found !== undefined) {
    const deleted = listed.filter((job) => !found.has(job));
    for (const job of deleted) {
      if (active.has(job) || !suspects.see(`deleted ${job}`)) continue;
      await jobs.unlist(job);
      yield `took ${job} out of the list, which was deleted`;
    }
    memory.isListHeld = deleted.length === 0;
  }
  for (const job of found ?? []) {
    const isWatched = active.has(job);
    if (agreed.get(job) === isWatched) continue;
    agreed.delete(job);
    looked.add(job);
    const agrees = yield* each(job, recoverJob({ ...pipeline, ...memory }, job));
    if (agrees === true) agreed.set(job, isWatched);
  }

  const deliveries = await queues.deliveries("decode");
  const share = await jobShare(queues);
  const held = new Set<string>();
  for (const job of await jobs.active()) {
    const deps = { ledger, queues, frames, suspects, deliveries, share };
    const seen = yield* each(job, reconcileJob(deps, job));
    if (seen === undefined) continue;
    if (typeof seen === "object") for (const id of seen.held) held.add(id);
    if (skipped.has(job)) continue;
    yield* each(job, endOf(pipeline, memory, job, seen, looked.has(job)));
  }
  for (const job of await jobs.unlisted(await jobs.active())) {
    if (!suspects.see(`unlisted ${job}`)) continue;
    if (await jobs.relist(job)) yield `took ${job} into the list again`;
  }
  const isHeld = (id: string): boolean => held.has(id) || skipped.has(id.slice(0, id.indexOf("/")));
  yield* reconcileStores({ ledger, frames, suspects }, { has: isHeld });
  try {
    yield* clearAbandonedModels({ ...pipeline, ...memory });
  } catch (error) {
    events.onRepairError?.(error);
  }
}

/** Changes when Redis starts, and when it has been emptied. */
async function redisIdentity({ redis, site }: Pipeline): Promise<string> {
  const run = /^run_id:(\w+)/m.exec(await redis.info("server"))?.[1] ?? "";
  const key = witnessKey(site);
  if ((await redis.exists(key)) === 0) {
    // Where Redis takes no writes now, the next pass tries again.
    await redis.set(key, newToken(), "NX").catch(() => {});
  }
  return `${run} ${await redis.get(key)}`;
}

/** The jobs of the object store; undefined where it cannot be asked: Redis is still held against the queues. */
async function stored(
  { objects }: Pipeline,
  { agreed }: PassMemory,
  events: RepairEvents,
): Promise<ReadonlySet<JobId> | undefined> {
  try {
    const found = await storedJobs(objects);
    for (const job of agreed.keys()) if (!found.has(job)) agreed.delete(job);
    return found;
  } catch (error) {
    events.onRepairError?.(error);
    return undefined;
  }
}

/** Jobs that ended, or should have. */
async function* endOf(
  pipeline: Pipeline,
  memory: PassMemory,
  job: JobId,
  seen: SeenJob | string,
  isLookedAt: boolean,
): AsyncGenerator<RepairStep> {
  const { jobs, objects, ledger } = pipeline;
  const { zombieMs } = memory;
  if (seen === "ended") {
    const finishedAt = (await ledger.read(job))?.["finishedAt"] ?? "";
    if (Date.now() - Date.parse(finishedAt) < zombieMs) return;
    await jobs.clearWork(job);
    await jobs.forget(job);
    yield `${LOOK} at what ${job} left`;
    return;
  }
  // This pass has held it against its objects already.
  if (isLookedAt) return;
  // Where the plan is gone, a job that had ended was brought back.
  if (typeof seen === "string") {
    yield* recoverJob({ ...pipeline, ...memory }, job);
    return;
  }
  const { epoch } = seen;
  const key = objectKeys.plan(job, epoch);
  if ((await objects.stat(key)) !== undefined) return;
  yield* recoverJob({ ...pipeline, ...memory }, job);
  // Without it no step begins, and none knows whether the job is over.
  const isOver = (await jobs.isEnded(job)) || (await jobs.wasCancelled(job));
  if (isOver || !memory.suspects.see(`no plan ${job}/${epoch}`)) return;
  if (await remake(pipeline, job, epoch, new IntermediateLost(key))) {
    yield `had ${job} planned again, whose plan is gone`;
  }
}
