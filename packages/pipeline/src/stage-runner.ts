import {
  type JobId,
  MESSAGE_SCHEMAS,
  type Message,
  type MessageOf,
  type MessageStage,
  ProblemError,
  QUEUE_PREFIX,
  type Stage,
  toProblemError,
} from "@framequeue/contracts";
import { DelayedError, type Job, Worker } from "bullmq";
import type { Pipeline } from "./pipeline.ts";

/** What a stage's code gets beside its message. */
export interface TaskContext {
  /** Fires when the service must be gone: hand the work back and return by throwing the signal's reason. */
  readonly signal: AbortSignal;
  /** Names this delivery. */
  readonly delivery: string;
}

export type Handler<S extends MessageStage> = (
  message: MessageOf<S>,
  context: TaskContext,
) => Promise<void>;

/** A handler for every message that the queue can carry; a missing one does not compile. */
export type Handlers<Q extends Stage> = Q extends "index"
  ? { readonly index: Handler<"index">; readonly finalize: Handler<"finalize"> }
  : { readonly [S in Q]: Handler<S> };

/** What the runner tells the outside; the service turns it into logs and metrics. */
export interface StageEvents {
  readonly onTask?: (task: {
    stage: MessageStage;
    job: JobId;
    seconds: number;
    outcome: "done" | "retry" | "failed" | "handed-back";
    error?: unknown;
  }) => void;
  /** Faults of the queue itself, such as a lost connection; BullMQ goes on by itself. */
  readonly onQueueError?: (error: Error) => void;
}

export interface StageRunnerOptions<Q extends Stage> {
  readonly queue: Q;
  readonly handlers: Handlers<Q>;
  /** Tasks of this queue that this process holds at once. */
  readonly concurrency: number;
  readonly pipeline: Pick<Pipeline, "redis" | "ledger" | "queues" | "jobs">;
  /**
   * How often a task may fail for an unknown reason before its job fails. Stages whose attempts the ledger counts
   * (decode, enhance, infer) leave it out: the ledger turns what keeps failing into a gap.
   */
  readonly maxAttempts?: number;
  readonly lockMs?: number;
  readonly events?: StageEvents;
}

export interface StageRunner {
  readonly state: "starting" | "running" | "draining" | "stopped";
  start(): Promise<void>;
  /** Takes nothing new, lets running tasks finish, aborts them at the deadline, then waits for them to let go. */
  stop(deadlineMs: number): Promise<void>;
}

/** Waits between attempts: a quarter of a second, doubling up to half a minute, with some scatter. */
function backoffMs(attempt: number): number {
  return Math.min(30_000, 250 * 2 ** Math.min(attempt - 1, 7)) * (0.75 + Math.random() / 2);
}

/** Connects one stage to its queue. The one place where an error becomes a retry, a failed job, or a hand-back. */
export function createStageRunner<Q extends Stage>(options: StageRunnerOptions<Q>): StageRunner {
  const { events } = options;
  const { redis, ledger, queues, jobs } = options.pipeline;
  const handlers = options.handlers as unknown as Record<string, Handler<MessageStage> | undefined>;
  const stopping = new AbortController();
  let state: StageRunner["state"] = "starting";

  async function run(task: Job, token: string | undefined): Promise<void> {
    const message = parse(task);
    const handler = handlers[message.stage]!;
    const started = performance.now();
    const report = (outcome: "done" | "retry" | "failed" | "handed-back", error?: unknown): void =>
      events?.onTask?.({
        stage: message.stage,
        job: message.job,
        seconds: (performance.now() - started) / 1000,
        outcome,
        ...(error === undefined ? {} : { error }),
      });
    try {
      // An earlier delivery may have died between a commit and the enqueue of what it made due.
      if (task.attemptsStarted > 1 || task.stalledCounter > 0) {
        const { ep, due } = await ledger.due(message.job);
        if (ep !== undefined) await queues.addDue(message.job, ep, due);
      }
      await handler(message as never, {
        signal: stopping.signal,
        delivery: `${task.id}#${task.attemptsStarted}`,
      });
      report("done");
    } catch (error) {
      if (stopping.signal.aborted) {
        report("handed-back");
        await task.moveToDelayed(Date.now(), token);
        throw new DelayedError();
      }
      const hopeless =
        (error instanceof ProblemError && !error.retryable) ||
        (options.maxAttempts !== undefined && task.attemptsMade + 1 >= options.maxAttempts);
      if (!hopeless) {
        report("retry", error);
        throw error;
      }
      report("failed", error);
      await jobs.fail(message.job, toProblemError(error).toProblem());
    }
  }

  const worker = new Worker(options.queue, run, {
    connection: redis,
    prefix: QUEUE_PREFIX,
    concurrency: options.concurrency,
    autorun: false,
    lockDuration: options.lockMs ?? 30_000,
    stalledInterval: options.lockMs ?? 30_000,
    // The ledger counts attempts; a task that stalled is delivered again however often that was.
    maxStalledCount: 1_000_000,
    settings: { backoffStrategy: backoffMs },
  });
  worker.on("error", (error) => events?.onQueueError?.(error));

  let loop: Promise<void> = Promise.resolve();
  return {
    get state() {
      return state;
    },
    async start() {
      await worker.waitUntilReady();
      loop = worker.run();
      loop.catch((error: unknown) => {
        if (state === "running") events?.onQueueError?.(error as Error);
      });
      state = "running";
    },
    async stop(deadlineMs) {
      if (state === "stopped" || state === "draining") return;
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
        state = "stopped";
      }
    },
  };
}

/** A message that no schema knows is a fault of the sender or a version skew: it must not be dropped silently. */
function parse(task: Job): Message {
  const schema = MESSAGE_SCHEMAS[task.name as MessageStage] as
    (typeof MESSAGE_SCHEMAS)[MessageStage] | undefined;
  if (schema === undefined) throw new Error(`Unknown message ${JSON.stringify(task.name)}`);
  return schema.parse(task.data);
}
