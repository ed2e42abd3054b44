import type { JobShare } from "../ledger/ledger.ts";
import type { TaskQueues } from "../queues/task-queues.ts";

/** Tasks that all processes of a site together hold at once, by stage. */
export interface Slots {
  readonly decode: number;
  readonly infer: number;
}

const LEAST: JobShare = { window: 12, openSegments: 2 };
const MOST: JobShare = { window: 256, openSegments: 32 };
/** Batches that wait, so that no worker does. */
const SPARE = 4;

/**
 * Enough for one job to keep every worker of the site busy when it is alone: a batch in each slot of infer, one that is
 * put and one that is taken for each decoder, and a few that wait. Several jobs share the site's budget of bytes.
 */
export function shareFor({ decode, infer }: Slots): JobShare {
  return {
    window: clamp("window", infer + 2 * decode + SPARE),
    openSegments: clamp("openSegments", decode),
  };
}

/** The share of a job by the workers that are there now. */
export async function jobShare(queues: Pick<TaskQueues, "slots">): Promise<JobShare> {
  const [decode, infer] = await Promise.all([queues.slots("decode"), queues.slots("infer")]);
  return shareFor({ decode, infer });
}

function clamp(what: keyof JobShare, value: number): number {
  return Math.min(MOST[what], Math.max(LEAST[what], value));
}
