import { createHash } from "node:crypto";

/**
 * A job's trace is named by the job: every process knows it, nothing carries it, and no lost message or restarted Redis
 * tears it. `printf %s JOB | sha256sum | cut -c1-32` tells it to whoever looks for it.
 */
export interface TraceIds {
  /** 32 hexadecimal digits. */
  readonly trace: string;
  /** 16: the span that all others of the job are below. */
  readonly root: string;
}

export function traceIdsOf(job: string): TraceIds {
  const hash = sha256(job);
  return { trace: hash.slice(0, 32), root: hash.slice(32, 48) };
}

/** The span of one delivery of a task, so that what it makes can name it before it is over. */
export function spanIdOf(delivery: string): string {
  return sha256(delivery).slice(0, 16);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The span that a W3C `traceparent` names; undefined where it is none. */
export function parseTraceparent(
  text: string | undefined,
): { readonly trace: string; readonly span: string } | undefined {
  const [, trace, span] =
    /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}\b/.exec(text ?? "") ?? [];
  if (trace === undefined || span === undefined || /^0+$/.test(trace) || /^0+$/.test(span)) {
    return undefined;
  }
  return { trace, span };
}
