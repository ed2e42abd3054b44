import { setTimeout as sleep } from "node:timers/promises";
import type { JobId, JobView } from "@framequeue/contracts";
import type { Subject } from "./videos.ts";

/** Longer than the API itself takes to say that something is away. */
const PATIENCE_MS = 25_000;
const AGAIN_MS = 500;
/** What the API may answer while something that it needs is full or away. */
export const COME_AGAIN: readonly number[] = [503, 507];

export interface Submission {
  readonly subject: Subject;
  /** Fields of the request that never change a result. */
  readonly more: object;
  readonly model: string;
  /** Statuses that are no reason to complain. */
  readonly excused?: readonly number[];
}

/**
 * Submits until the job is taken, as a patient client does: one that was cut off, or was told to come again. Tries the
 * processes of the API in turn. An answer that no fault excuses is handed to `complain`.
 *
 * @throws the signal's reason
 */
export async function submit(
  apiUrls: readonly string[],
  { subject, more, model, excused = COME_AGAIN }: Submission,
  signal: AbortSignal,
  complain: (answer: string) => void,
): Promise<JobId> {
  const body = JSON.stringify({
    source: { path: subject.path },
    model,
    options: subject.options,
    ...more,
  });
  for (let attempt = 0; ; attempt++) {
    try {
      const answer = await fetch(`${apiUrls[attempt % apiUrls.length]}/v1/jobs`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
      });
      const text = await answer.text();
      if (answer.status === 202) return (JSON.parse(text) as JobView).id;
      if (!excused.includes(answer.status) || !answer.headers.has("retry-after")) {
        complain(`A submission was answered ${answer.status}: ${text}`);
      }
    } catch {
      signal.throwIfAborted();
      // The API was killed or stopped, or is just starting.
    }
    await sleep(AGAIN_MS);
  }
}
