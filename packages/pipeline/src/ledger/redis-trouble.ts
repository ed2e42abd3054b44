import { ProblemError } from "@framequeue/contracts";

/** Answers of a Redis that is there and cannot serve, now: full, a replica, loading, not persisting, busy, failing over. */
const REFUSALS =
  /(^|[\s:-])(OOM|READONLY|LOADING|MISCONF|MASTERDOWN|BUSY|NOREPLICAS|TRYAGAIN|CLUSTERDOWN|UNKILLABLE) /;
const BROKEN = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTCONN", "ENOENT"]);

/** The error as `queue-unavailable` where it speaks of Redis's state and not of the work; undefined otherwise. */
export function redisTrouble(error: unknown): ProblemError | undefined {
  if (!(error instanceof Error)) return undefined;
  const refused = error.name === "ReplyError" && REFUSALS.test(error.message);
  const { syscall, code } = error as { syscall?: string; code?: string };
  const broken =
    error.message === "Connection is closed." ||
    (code !== undefined && BROKEN.has(code) && /^(connect|read|write)$/.test(syscall ?? ""));
  if (!refused && !broken) return undefined;
  const what = refused ? `Redis answers: ${error.message.slice(0, 200)}` : "Redis is away.";
  return new ProblemError("queue-unavailable", what, { cause: error });
}
