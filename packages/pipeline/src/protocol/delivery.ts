import { type JobId, type Message, ProblemError, toProblemError } from "@framequeue/contracts";
import { NotWanted } from "../queues/job-watch.ts";
import { waitsFor } from "./blame.ts";
import { IntermediateLost } from "./intermediates.ts";
import { remake, type RemakeDeps } from "./remake.ts";
import { Later } from "./task-context.ts";

/** One delivery of a task, as its queue knows it. */
export interface Delivery {
  readonly message: Message;
  /** Fires when the service must be gone. */
  readonly stopping: AbortSignal;
  /** Fires when nobody wants the work any more. */
  readonly unwanted: AbortSignal;
  /** Somebody had the task before. */
  readonly isRepeated: boolean;
  /** How often it failed for a reason that nobody knows, or took its process with it. */
  readonly failures: number;
  /** So often, and its job fails. */
  readonly maxAttempts: number;
  /**
   * Called when the work is over, before the task is let go: answers whether that took longer than the task's lock, so
   * that another may have had it meanwhile.
   */
  readonly settle: () => Promise<boolean>;
}

/**
 * How a delivery ended. `waits`: what the work needs is full or away, so it is tried again without an attempt counted;
 * `unwanted`: its job was cancelled, has ended, or goes on in another epoch; `lost`: what it was to go on from is gone or
 * damaged, so that its job goes on in another epoch.
 */
export type TaskOutcome =
  "done" | "retry" | "waits" | "failed" | "handed-back" | "unwanted" | "lost";

/** What is to become of the task: it is over where it is neither given to others, nor waits, nor is tried again. */
export interface Verdict {
  readonly outcome: TaskOutcome;
  readonly error?: unknown;
}

/** Does the work of a delivery, and decides what an error of it means: the one place that does. */
export async function deliver(
  deps: RemakeDeps,
  delivery: Delivery,
  work: () => Promise<void>,
  report: (verdict: Verdict) => void,
): Promise<Verdict> {
  const { message, isRepeated, failures, maxAttempts, settle } = delivery;
  let verdict: Verdict;
  try {
    if (failures >= maxAttempts) throw new Error("Every process that took this task has died.");
    // An earlier delivery may have died between a commit and the enqueue of what it made due; or still live, commit
    // while this one works, and die then.
    if (isRepeated) await repair(deps, message.job);
    await work();
    // Who was away for longer than its lock may have worked for a job that has ended meanwhile.
    if ((await settle()) || isRepeated) await repair(deps, message.job);
    verdict = { outcome: "done" };
  } catch (error) {
    await settle().catch(() => {});
    verdict = { outcome: outcomeOf(error, delivery), error };
  }
  report(verdict);
  const { outcome, error } = verdict;
  if (outcome === "unwanted") await repair(deps, message.job);
  if (outcome === "lost" && "epoch" in message) {
    await remake(deps, message.job, message.epoch, error as IntermediateLost);
  }
  if (outcome === "failed") {
    const epoch = "epoch" in message ? message.epoch : undefined;
    await deps.jobs.fail(message.job, toProblemError(error).toProblem(), epoch);
  }
  return verdict;
}

function outcomeOf(error: unknown, delivery: Delivery): TaskOutcome {
  const { message, stopping, unwanted, failures, maxAttempts } = delivery;
  if (stopping.aborted) return "handed-back";
  if (unwanted.aborted || error instanceof NotWanted) return "unwanted";
  if (error instanceof IntermediateLost && "epoch" in message) return "lost";
  if (error instanceof Later || waitsFor(error)) return "waits";
  const isHopeless = error instanceof ProblemError && !error.retryable;
  return isHopeless || failures + 1 >= maxAttempts ? "failed" : "retry";
}

/** Enqueues what is due for a job, or clears away what a job that has ended may have left. */
async function repair({ ledger, jobs, queues }: RemakeDeps, job: JobId): Promise<void> {
  const { ep, ended, due } = await ledger.due(job);
  if (ended !== undefined) await jobs.clearWork(job);
  await queues.addDue(job, ep ?? "", due);
}
