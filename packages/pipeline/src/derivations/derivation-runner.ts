import {
  type DerivationTask,
  derivationTaskSchema,
  ProblemError,
  QUEUE_PREFIX,
} from "@framequeue/contracts";
import { type Job, UnrecoverableError, WaitingError, Worker } from "bullmq";
import type { Ports } from "../ports.ts";
import type { Derivations } from "./derivations.ts";
import { redisTrouble } from "../ledger/redis-trouble.ts";
import type { StageEvents } from "../queues/stage-runner.ts";
import { deliveryId, workerName } from "../queues/task-queues.ts";
import { lifeOf, type StageRunner } from "../queues/worker-life.ts";
import { DERIVE } from "./derivations.ts";

/** What the runner tells the outside, as a stage's does. */
export interface DerivationEvents extends Pick<StageEvents, "onQueueError"> {
  readonly onTask?: (task: DerivationReport) => void;
}

interface DerivationReport {
  readonly stage: typeof DERIVE;
  readonly job: DerivationTask["job"];
  readonly seconds: number;
  readonly outcome: "done" | "retry" | "failed" | "handed-back";
  readonly error?: unknown;
}

export interface DerivationRunnerOptions {
  readonly pipeline: Pick<Ports, "redis" | "lockMs"> & { readonly derivations: Derivations };
  /** Tasks that this process holds at once. */
  readonly concurrency: number;
  /** Makes it and keeps it; the signal fires when the service must be gone. */
  readonly make: (task: DerivationTask, signal: AbortSignal) => Promise<void>;
  readonly events?: DerivationEvents;
}

/** So often the process of a task may die before the task is given up. */
const MOST_DEATHS = 8;

/** Makes what is asked for of jobs that have ended: plain tasks, each of which may come again and then changes nothing. */
export function createDerivationRunner(options: DerivationRunnerOptions): StageRunner {
  const { events, make } = options;
  const { redis, lockMs, derivations } = options.pipeline;
  const stopping = new AbortController();

  async function run(task: Job, token: string | undefined): Promise<void> {
    // One of another version waits, by trying again, for a process that can read it.
    const message = derivationTaskSchema.parse(task.data);
    const started = performance.now();
    const report = (outcome: DerivationReport["outcome"], error?: unknown): void =>
      events?.onTask?.({
        ...{ stage: DERIVE, job: message.job, outcome },
        seconds: (performance.now() - started) / 1000,
        ...(error === undefined ? {} : { error }),
      });
    try {
      await make(message, stopping.signal);
      report("done");
    } catch (error) {
      if (stopping.signal.aborted) {
        report("handed-back");
        await task.moveToWait(token);
        throw new WaitingError();
      }
      const isLast = task.attemptsMade + 1 >= (task.opts.attempts ?? 1);
      const isHopeless = error instanceof ProblemError && !error.retryable;
      if (!isLast && !isHopeless) {
        report("retry", error);
        throw error;
      }
      report("failed", error);
      await derivations.fail(message, redisTrouble(error) ?? error);
      throw new UnrecoverableError(`${deliveryId(task)} failed`);
    }
  }

  const worker = new Worker(DERIVE, run, {
    connection: redis,
    prefix: QUEUE_PREFIX,
    concurrency: options.concurrency,
    name: workerName(options.concurrency),
    autorun: false,
    lockDuration: lockMs,
    stalledInterval: Math.ceil(lockMs / 3),
    maxStalledCount: MOST_DEATHS,
  });
  worker.on("error", (error) => events?.onQueueError?.(error));

  return lifeOf(worker, stopping, (error) => events?.onQueueError?.(error));
}
