import {
  type BatchKey,
  bounded,
  BOUNDS,
  type JobId,
  jobIdSchema,
  MESSAGE_SCHEMAS,
  MESSAGE_VERSION,
  type Message,
  type MessageOf,
  type MessageStage,
  ProblemError,
  QUEUE_PREFIX,
  type QueueName,
  toProblemError,
} from "@framequeue/contracts";
import { DelayedError, type Job, WaitingError, Worker } from "bullmq";
import { IntermediateLost } from "../protocol/intermediates.ts";
import { createJobWatch, NotWanted } from "./job-watch.ts";
import { createLapses } from "./lapses.ts";
import type { Pipeline } from "../pipeline.ts";
import { isBlameless } from "../ledger/redis-trouble.ts";
import { remake, type RemakeDeps } from "../protocol/remake.ts";
import { deliveryId, workerName } from "./task-queues.ts";

/** What a stage's code gets beside its message. */
export interface TaskContext {
  /**
   * Fires when the service must be gone, or when nobody wants the work any more: hand the work back and return by
   * throwing the signal's reason.
   */
  readonly signal: AbortSignal;
  /** Names this delivery. */
  readonly delivery: string;
  /** Whoever had the task before was never heard of again: the task may have killed its process. */
  readonly suspect: boolean;
  /** What the task has just finished for good, for those who count. */
  readonly count: (work: DoneWork) => void;
  /** Names this delivery in the job's trace, where there is one; goes with what it makes. */
  readonly span: string | undefined;
  /** The task works on what the task of that span made. */
  readonly follow: (span: string | undefined) => void;
  /** Waits for what others hold; so long, this task keeps its process from nothing. */
  readonly idle: <T>(wait: Promise<T>) => Promise<T>;
}

export interface DoneWork {
  readonly frames: number;
  /** 0 where the work is not cut into batches. */
  readonly batches: number;
}

export type Handler<S extends MessageStage> = (
  message: MessageOf<S>,
  context: TaskContext,
) => Promise<void>;

/** A handler for every message that the queue can carry; a missing one does not compile. */
export type Handlers<Q extends QueueName> = { readonly [S in StepOf<Q>]: Handler<S> };

/** The messages that a queue carries. */
type StepOf<Q extends QueueName> = Q extends "index"
  ? "cut" | "index" | "finalize"
  : Q extends "infer"
    ? "infer" | "look"
    : Q;

/**
 * How a delivery ended. `waits`: what the work needs is full or away, so it is tried again without an attempt counted;
 * `unwanted`: its job was cancelled, has ended, or goes on in another epoch; `lost`: what it was to go on from is gone or
 * damaged, so that its job goes on in another epoch.
 */
export type TaskOutcome =
  "done" | "retry" | "waits" | "failed" | "handed-back" | "unwanted" | "lost";

/** What the runner tells the outside; the service turns it into logs and metrics. */
export interface StageEvents {
  readonly onTask?: (task: {
    stage: MessageStage;
    job: JobId;
    /** What of the job, where it is not the whole. */
    segment?: number;
    batch?: BatchKey;
    delivery: string;
    /** Spans of the tasks on whose results it worked. */
    follows: readonly string[];
    seconds: number;
    outcome: TaskOutcome;
    error?: unknown;
  }) => void;
  /** The span of a delivery, where its job is traced. */
  readonly spanOf?: (job: JobId, delivery: string) => string | undefined;
  /** Frames and batches that are done for good. */
  readonly onWork?: (work: DoneWork & { stage: MessageStage; job: JobId }) => void;
  /** One task more, or less, keeps this process busy. A task that waits for others does not. */
  readonly onBusy?: (stage: MessageStage, change: 1 | -1) => void;
  /** Faults of the queue: a lost connection (BullMQ goes on by itself), or a message that nobody here can read. */
  readonly onQueueError?: (error: Error) => void;
}

export interface StageRunnerOptions<Q extends QueueName> {
  readonly queue: Q;
  readonly handlers: Handlers<Q>;
  /** Tasks of this queue that this process holds at once. */
  readonly concurrency: number;
  readonly pipeline: Pick<Pipeline, "redis" | "lockMs"> & RemakeDeps;
  /**
   * How often a task may fail for an unknown reason, or take its process with it, before its job fails. Not for steps
   * whose attempts the ledger counts (decode, enhance, infer): the ledger turns what keeps failing into a gap.
   */
  readonly maxAttempts?: number;
  /** How long a task stays with a process that gives no sign of life; default: the pipeline's. */
  readonly lockMs?: number;
  /** Wait before the attempt after `attempt` failed ones, in milliseconds. */
  readonly backoffMs?: (attempt: number) => number;
  readonly events?: StageEvents;
}

/** The work can only be done later: its task is put back for a while, and no attempt counts. */
export class Later extends Error {
  override readonly name: string = "Later";
  readonly waitMs: number;
  /** Done once the task is put back, so that whoever is asked there finds it so. */
  readonly whenPutBack: (() => Promise<void>) | undefined;

  constructor(message: string, waitMs: number, whenPutBack?: () => Promise<void>) {
    super(message);
    this.waitMs = waitMs;
    this.whenPutBack = whenPutBack;
  }
}

/** How long a task stays away that was for another process: short, because the other one may be idle. */
const FOR_ANOTHER_MS = 250;

/** The work is for a process of another kind. */
export class ForAnother extends Later {
  override readonly name = "ForAnother";

  constructor(message: string) {
    super(message, FOR_ANOTHER_MS);
  }
}

export interface StageRunner {
  readonly state: "starting" | "running" | "draining" | "stopped";
  start(): Promise<void>;
  /**
   * Takes nothing new, lets running tasks finish, aborts them at the deadline, then waits for them to let go. Called
   * again, it waits for the first call.
   */
  stop(deadlineMs: number): Promise<void>;
}

/** A runner whose tasks may turn out smaller or larger than thought. */
export interface SizedRunner extends StageRunner {
  /** From now on holds so many tasks at once, instead of `concurrency`. */
  hold(tasks: number): void;
}

/** Steps whose attempts the ledger counts. */
const COUNTED: ReadonlySet<MessageStage> = new Set(["decode", "enhance", "infer"]);

/** Characters of a stack that the queue keeps. */
const STACK_LENGTH = 4_000;

/** A lock that ran out is noticed a third of its time later, at the latest. */
const STALL_CHECKS = 3;

/** Waits between attempts: a quarter of a second, doubling up to half a minute, with some scatter. */
function defaultBackoffMs(attempt: number): number {
  return Math.min(30_000, 250 * 2 ** Math.min(attempt - 1, 7)) * (0.75 + Math.random() / 2);
}

/** Connects one stage to its queue. The one place where an error becomes a retry, a failed job, or a hand-back. */
export function createStageRunner<Q extends QueueName>(
  options: StageRunnerOptions<Q>,
): SizedRunner {
  const { events } = options;
  const { redis, ledger, queues, jobs } = options.pipeline;
  const handlers = options.handlers as unknown as Record<string, Handler<MessageStage> | undefined>;
  const stopping = new AbortController();
  const watch = createJobWatch(redis);
  const lockMs = options.lockMs ?? options.pipeline.lockMs;
  const backoffMs = options.backoffMs ?? defaultBackoffMs;
  let state: StageRunner["state"] = "starting";

  async function run(task: Job, token: string | undefined): Promise<void> {
    const message = read(task);
    const handler = handlers[message?.stage ?? ""];
    if (message === undefined || handler === undefined) {
      await refuse(task);
      return;
    }
    const started = performance.now();
    const elapsedMs = (): number => performance.now() - started;
    const { stage, job } = message;
    const delivery = deliveryId(task);
    const follows: string[] = [];
    const report = (outcome: TaskOutcome, error?: unknown): void =>
      events?.onTask?.({
        stage,
        job,
        ...itemOf(message),
        delivery,
        follows,
        seconds: elapsedMs() / 1000,
        outcome,
        ...(error === undefined ? {} : { error }),
      });
    const maxAttempts = COUNTED.has(stage) ? Infinity : (options.maxAttempts ?? Infinity);
    let failures = task.attemptsMade;
    const redelivered = task.attemptsStarted > 1 || task.stalledCounter > 0;
    using wanted = watch.watch(message.job, "epoch" in message ? message.epoch : undefined);
    using lock = lapses.watch(task, token);
    events?.onBusy?.(stage, 1);
    try {
      const deaths = await lapses.deaths(task);
      failures += deaths;
      if (failures >= maxAttempts) throw new Error("Every process that took this task has died.");
      // An earlier delivery may have died between a commit and the enqueue of what it made due; or still live, commit
      // while this one works, and die then.
      if (redelivered) await repair(message.job);
      await handler(message, {
        signal: AbortSignal.any([stopping.signal, wanted.signal]),
        delivery,
        span: events?.spanOf?.(job, delivery),
        follow: (span) => {
          if (span !== undefined) follows.push(span);
        },
        suspect: deaths > 0,
        count: (work) => events?.onWork?.({ ...work, stage, job }),
        async idle(wait) {
          events?.onBusy?.(stage, -1);
          try {
            return await wait;
          } finally {
            events?.onBusy?.(stage, 1);
          }
        },
      });
      // Who was away for longer than its lock may have worked for a job that has ended meanwhile.
      if (elapsedMs() > lockMs) await lock.settle();
      if (redelivered || elapsedMs() > lockMs) await repair(message.job);
      report("done");
    } catch (error) {
      if (elapsedMs() > lockMs) await lock.settle().catch(() => {});
      if (stopping.signal.aborted) {
        report("handed-back");
        await task.moveToWait(token);
        throw new WaitingError();
      }
      if (wanted.signal.aborted || error instanceof NotWanted) {
        report("unwanted");
        await repair(message.job);
        return;
      }
      if (error instanceof IntermediateLost && "epoch" in message) {
        report("lost", error);
        await remake(options.pipeline, message.job, message.epoch, error);
        return;
      }
      if (error instanceof Later) {
        report("waits");
        await task.moveToDelayed(Date.now() + error.waitMs, token);
        // Where that fails, the task comes back and tries again.
        await error.whenPutBack?.().catch((fault: Error) => events?.onQueueError?.(fault));
        throw new DelayedError();
      }
      if (isBlameless(error)) {
        report("waits", error);
        await task.moveToDelayed(Date.now() + backoffMs(task.attemptsStarted), token);
        throw new DelayedError();
      }
      const hopeless =
        (error instanceof ProblemError && !error.retryable) || failures + 1 >= maxAttempts;
      if (!hopeless) {
        report("retry", error);
        // BullMQ keeps what it said and whence it came, in Redis and in the queue's events.
        throw asBounded(error);
      }
      report("failed", error);
      const epoch = "epoch" in message ? message.epoch : undefined;
      await jobs.fail(message.job, toProblemError(error).toProblem(), epoch);
    } finally {
      events?.onBusy?.(stage, -1);
    }
  }

  /** Enqueues what is due for a job, or clears away what a job that has ended may have left. */
  async function repair(job: JobId): Promise<void> {
    const { ep, ended, due } = await ledger.due(job);
    if (ended !== undefined) await jobs.clearWork(job);
    await queues.addDue(job, ep ?? "", due);
  }

  /**
   * A message that nobody here can read is never dropped silently. One of another version, or for a step that only
   * another version knows, waits in the queue for a process that can read it; any other is a fault that no retry mends,
   * so its job fails.
   */
  async function refuse(task: Job): Promise<void> {
    const { v, job } = (task.data ?? {}) as { v?: unknown; job?: unknown };
    const error = new Error(
      `The queue ${options.queue} holds a message that cannot be read: ${task.name} ${task.id}`,
    );
    events?.onQueueError?.(error);
    const isStrange = !(task.name in MESSAGE_SCHEMAS);
    if (isStrange || (typeof v === "number" && v !== MESSAGE_VERSION)) throw error;
    const id = jobIdSchema.safeParse(job);
    if (id.success) await jobs.fail(id.data, toProblemError(error).toProblem());
  }

  const worker = new Worker(options.queue, run, {
    connection: redis,
    prefix: QUEUE_PREFIX,
    concurrency: options.concurrency,
    name: workerName(options.concurrency),
    autorun: false,
    lockDuration: lockMs,
    stalledInterval: Math.ceil(lockMs / STALL_CHECKS),
    // The ledger counts attempts; a task that stalled is delivered again however often that was.
    maxStalledCount: 1_000_000,
    settings: { backoffStrategy: backoffMs },
  });
  worker.on("error", (error) => events?.onQueueError?.(error));
  const lapses = createLapses(worker, redis);

  let loop: Promise<void> = Promise.resolve();
  let stopped: Promise<void> | undefined;

  async function stop(deadlineMs: number): Promise<void> {
    state = "draining";
    // BullMQ's close has no deadline of its own.
    const deadline = setTimeout(() => {
      stopping.abort(new ProblemError("shutting-down", "The service is stopping."));
    }, deadlineMs);
    try {
      await worker.close();
      await loop.catch(() => {});
    } finally {
      clearTimeout(deadline);
      watch[Symbol.dispose]();
      state = "stopped";
    }
  }

  return {
    get state() {
      return state;
    },
    hold(tasks) {
      if (worker.concurrency !== tasks) worker.concurrency = tasks;
    },
    async start() {
      await worker.waitUntilReady();
      if (state !== "starting") return; // stopped meanwhile
      loop = worker.run();
      loop.catch((error: unknown) => {
        if (state === "running") events?.onQueueError?.(error as Error);
      });
      state = "running";
    },
    stop(deadlineMs) {
      stopped ??= stop(deadlineMs);
      return stopped;
    },
  };
}

/** The error as a queue may keep it. */
function asBounded(error: unknown): unknown {
  if (!(error instanceof Error)) return new Error(bounded(String(error)));
  const { message, stack = "" } = error;
  if (message.length <= BOUNDS.text && stack.length <= STACK_LENGTH) return error;
  const kept = new Error(bounded(message));
  kept.stack = bounded(stack, STACK_LENGTH);
  return kept;
}

function itemOf(message: Message): { segment?: number; batch?: BatchKey } {
  if ("segment" in message) return { segment: message.segment };
  return "batch" in message ? { batch: message.batch } : {};
}

/** Undefined where no schema knows the message: a fault of the sender, or a version skew. */
function read(task: Job): Message | undefined {
  const schema = MESSAGE_SCHEMAS[task.name as MessageStage] as
    (typeof MESSAGE_SCHEMAS)[MessageStage] | undefined;
  return schema?.safeParse(task.data).data;
}
