import {
  type BatchKey,
  declarationOf,
  type StepsOf,
  bounded,
  BOUNDS,
  type JobId,
  jobIdSchema,
  MESSAGE_SCHEMAS,
  MESSAGE_VERSION,
  type Message,
  type MessageOf,
  type MessageStage,
  QUEUE_PREFIX,
  type QueueName,
  toProblemError,
} from "@framequeue/contracts";
import { DelayedError, type Job, WaitingError, Worker } from "bullmq";
import type { Ports } from "../ports.ts";
import { deliver, type TaskOutcome, type Verdict } from "../protocol/delivery.ts";
import type { RemakeDeps } from "../protocol/remake.ts";
import { type DoneWork, Later, type TaskContext } from "../protocol/task-context.ts";
import { createJobWatch } from "./job-watch.ts";
import { createLapses } from "./lapses.ts";
import { lifeOf, type StageRunner } from "./worker-life.ts";
import { deliveryId, workerName } from "./task-queues.ts";

export type Handler<S extends MessageStage> = (
  message: MessageOf<S>,
  context: TaskContext,
) => Promise<void>;

/** A handler for every step whose tasks the queue carries; a missing one does not compile. */
export type Handlers<Q extends QueueName> = { readonly [S in StepsOf<"queue", Q>]: Handler<S> };

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
  readonly pipeline: Pick<Ports, "redis" | "lockMs"> & RemakeDeps;
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

/** A runner whose tasks may turn out smaller or larger than thought. */
export interface SizedRunner extends StageRunner {
  /** From now on holds so many tasks at once, instead of `concurrency`. */
  hold(tasks: number): void;
}

/** Characters of a stack that the queue keeps. */
const STACK_LENGTH = 4_000;

/** A lock that ran out is noticed a third of its time later, at the latest. */
const STALL_CHECKS = 3;

/** Waits between attempts: a quarter of a second, doubling up to half a minute, with some scatter. */
function defaultBackoffMs(attempt: number): number {
  return Math.min(30_000, 250 * 2 ** Math.min(attempt - 1, 7)) * (0.75 + Math.random() / 2);
}

/** Connects one stage to its queue: see {@link deliver} for what becomes of an error. */
export function createStageRunner<Q extends QueueName>(
  options: StageRunnerOptions<Q>,
): SizedRunner {
  const { events } = options;
  const { redis, jobs } = options.pipeline;
  const handlers = options.handlers as unknown as Record<string, Handler<MessageStage> | undefined>;
  const stopping = new AbortController();
  const watch = createJobWatch(redis);
  const lockMs = options.lockMs ?? options.pipeline.lockMs;
  const backoffMs = options.backoffMs ?? defaultBackoffMs;

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
    const report = (verdict: Verdict): void =>
      events?.onTask?.({
        stage,
        job,
        ...itemOf(message),
        delivery,
        follows,
        seconds: elapsedMs() / 1000,
        outcome: verdict.outcome,
        ...(isFault(verdict) ? { error: verdict.error } : {}),
      });
    using wanted = watch.watch(message.job, "epoch" in message ? message.epoch : undefined);
    using lock = lapses.watch(task, token);
    events?.onBusy?.(stage, 1);
    try {
      const deaths = await lapses.deaths(task);
      const failures = task.attemptsMade + deaths;
      const context: TaskContext = {
        signal: AbortSignal.any([stopping.signal, wanted.signal]),
        delivery,
        span: events?.spanOf?.(job, delivery),
        follow: (span) => {
          if (span !== undefined) follows.push(span);
        },
        suspect: deaths > 0,
        failures,
        count: (work) => events?.onWork?.({ ...work, stage, job }),
        async idle(wait) {
          events?.onBusy?.(stage, -1);
          try {
            return await wait;
          } finally {
            events?.onBusy?.(stage, 1);
          }
        },
      };
      const verdict = await deliver(
        options.pipeline,
        {
          message,
          stopping: stopping.signal,
          unwanted: wanted.signal,
          isRepeated: task.attemptsStarted > 1 || task.stalledCounter > 0,
          failures,
          maxAttempts:
            declarationOf(stage).attempts === "ledger"
              ? Infinity
              : (options.maxAttempts ?? Infinity),
          async settle() {
            if (elapsedMs() <= lockMs) return false;
            await lock.settle();
            return true;
          },
        },
        () => handler(message, context),
        report,
      );
      await putBack(task, token, verdict);
    } finally {
      events?.onBusy?.(stage, -1);
    }
  }

  /** Gives the task back to its queue where it is not over, by what BullMQ wants to be thrown. */
  async function putBack(
    task: Job,
    token: string | undefined,
    { outcome, error }: Verdict,
  ): Promise<void> {
    switch (outcome) {
      case "handed-back":
        await task.moveToWait(token);
        throw new WaitingError();
      case "waits": {
        const waitMs = error instanceof Later ? error.waitMs : backoffMs(task.attemptsStarted);
        await task.moveToDelayed(Date.now() + waitMs, token);
        const after = error instanceof Later ? error.whenPutBack?.() : undefined;
        // Where that fails, the task comes back and tries again.
        await after?.catch((fault: Error) => events?.onQueueError?.(fault));
        throw new DelayedError();
      }
      case "retry":
        // BullMQ keeps what it said and whence it came, in Redis and in the queue's events.
        throw asBounded(error);
      default:
    }
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

  const life = lifeOf(
    worker,
    stopping,
    (error) => events?.onQueueError?.(error),
    () => watch[Symbol.dispose](),
  );
  return {
    get state() {
      return life.state;
    },
    hold(tasks) {
      if (worker.concurrency !== tasks) worker.concurrency = tasks;
    },
    start: () => life.start(),
    stop: (deadlineMs) => life.stop(deadlineMs),
  };
}

/** Whether something went wrong, beside what happens every day. */
function isFault({ outcome, error }: Verdict): boolean {
  if (outcome === "handed-back" || outcome === "unwanted") return false;
  return error !== undefined && !(error instanceof Later);
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
