import { setTimeout as sleep } from "node:timers/promises";
import { isTerminal, type JobId, type JobView } from "@framequeue/contracts";
import type { Jobs } from "@framequeue/pipeline";

const POLL_MS = 150;

/** Looks at a job until it has ended. Throws the signal's reason when that aborts. */
export async function awaitJob(
  jobs: Jobs,
  id: JobId,
  options: { readonly signal: AbortSignal; readonly onView?: (view: JobView) => void },
): Promise<JobView> {
  for (;;) {
    options.signal.throwIfAborted();
    const view = await jobs.view(id);
    if (view === undefined) throw new Error(`The job ${id} is gone.`);
    options.onView?.(view);
    if (isTerminal(view.state)) return view;
    await sleep(POLL_MS, undefined, { signal: options.signal });
  }
}
