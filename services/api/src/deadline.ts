import { ProblemError } from "@framequeue/contracts";

const ANSWER_MS = 15_000;

/** Redis answers, but takes no work: full, loading its data, not writable, busy with a script. */
const REFUSAL = /^(OOM|LOADING|MISCONF|READONLY|BUSY|MASTERDOWN|CLUSTERDOWN) /;

/** Waits for Redis no longer than a client would: connections themselves wait for ever. Throws `queue-unavailable`. */
export async function inTime<T>(work: Promise<T>, ms: number = ANSWER_MS): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(unavailable()), ms);
  work.catch(() => {}); // a failure after the deadline has nobody to tell
  try {
    return await Promise.race([work, promise]);
  } catch (error) {
    throw error instanceof Error && REFUSAL.test(error.message) ? unavailable(error) : error;
  } finally {
    clearTimeout(timer);
  }
}

export function unavailable(cause?: unknown): ProblemError {
  return new ProblemError(
    "queue-unavailable",
    "The queue does not answer at the moment; try again in a while.",
    { cause },
  );
}
