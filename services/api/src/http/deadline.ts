import { ProblemError } from "@framequeue/contracts";

const ANSWER_MS = 15_000;

/** Redis answers, but takes no work: loading its data, not writable, busy with a script. */
const REFUSAL = /^(LOADING|MISCONF|READONLY|BUSY|MASTERDOWN|CLUSTERDOWN) /;
const FULL = /(^|[\s:-])OOM /;

/** Waits for Redis no longer than a client would: connections themselves wait for ever. Throws `queue-unavailable`. */
export async function inTime<T>(work: Promise<T>, ms: number = ANSWER_MS): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(unavailable()), ms);
  work.catch(() => {}); // a failure after the deadline has nobody to tell
  try {
    return await Promise.race([work, promise]);
  } catch (error) {
    throw problemOf(error);
  } finally {
    clearTimeout(timer);
  }
}

/** What Redis said, as a client may hear it. */
function problemOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const said = error.cause instanceof Error ? error.cause : error;
  if (FULL.test(said.message)) {
    return new ProblemError("store-full", "The queue has no memory left for more work.", {
      cause: said,
    });
  }
  const away =
    error instanceof ProblemError ? error.code === "queue-unavailable" : REFUSAL.test(said.message);
  return away ? unavailable(said) : error;
}

export function unavailable(cause?: unknown): ProblemError {
  return new ProblemError(
    "queue-unavailable",
    "The queue does not answer at the moment; try again in a while.",
    { cause },
  );
}
