import { type Blame, ProblemError, PROBLEMS } from "@framequeue/contracts";
import { redisTrouble } from "../ledger/redis-trouble.ts";
import { IntermediateLost } from "./intermediates.ts";

/**
 * Whose fault an error is. What nobody knows is the work's: that ends some time, while an outage is waited for. The one
 * place that decides it, for the attempts that the ledger counts and for those that the queue does.
 */
export function blameOf(error: unknown): Blame {
  if (redisTrouble(error) !== undefined || error instanceof IntermediateLost) return "outage";
  if (error instanceof ProblemError) return PROBLEMS[error.code].blame;
  // The disk for temporary files is full.
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOSPC" || code === "EDQUOT" ? "outage" : "work";
}

/**
 * Whether work that failed is to be counted against what was worked on: neither where it was told to stop, nor where
 * the fault lies elsewhere.
 */
export function isHeldAgainst(error: unknown, signal: AbortSignal): boolean {
  return !signal.aborted && blameOf(error) === "work";
}

/** Whether the same work can be done once something is back that is full or away: it waits, and no attempt counts. */
export function waitsFor(error: unknown): boolean {
  if (blameOf(error) !== "outage") return false;
  return !(error instanceof ProblemError) || error.retryable;
}

/** How often something is tried that a job can do without: a video that is annotated, the pixels of views. */
const ATTEMPTS_AT_EXTRAS = 3;

/** Whether what a job can do without failed so often for the work's own fault that the job is to go on without it. */
export function isGivenUp(
  error: unknown,
  { signal, failures }: { readonly signal: AbortSignal; readonly failures: number },
): boolean {
  return isHeldAgainst(error, signal) && failures + 1 >= ATTEMPTS_AT_EXTRAS;
}
