import type { JobId } from "@framequeue/contracts";
import type { Ports } from "../ports.ts";
import type { JobShare } from "../ledger/ledger.ts";
import { grantId } from "../protocol/payloads.ts";
import type { Suspects } from "./suspects.ts";
import { dueMessage, taskId, type TaskQueues } from "../queues/task-queues.ts";

/** What a pass has seen of a job that runs: the epoch, and the batches that may have pixels. */
export interface SeenJob {
  readonly epoch: string;
  readonly held: ReadonlySet<string>;
}

export interface ReconcileJobDeps extends Pick<Ports, "ledger"> {
  readonly frames: Pick<Ports["frames"], "deletePrefix">;
  readonly queues: Pick<TaskQueues, "addLost" | "addDue" | "missing">;
  readonly suspects: Suspects;
  /** What decode works on, read before the pass looks at any job. */
  readonly deliveries: ReadonlySet<string>;
  /** What one job may hold, by the workers that there are. */
  readonly share?: JobShare;
}

/** What a pass did, in words, for the log; each step is also a point where its process may die. */
export type RepairStep = string;

/**
 * Holds one job's ledger against the queues and mends what lost its task or its holder. Answers what the pass has seen,
 * for the stores, or in what state the job is where it does not run.
 */
export async function* reconcileJob(
  deps: ReconcileJobDeps,
  job: JobId,
): AsyncGenerator<RepairStep, SeenJob | "ended" | "cancelling" | "unknown" | "unplanned"> {
  const { ledger, frames, queues, suspects, deliveries, share } = deps;
  const seen = await ledger.inspect(job);
  yield "looked at job";
  const epoch = seen.a === "running" ? seen.ep : "";
  const due = (seen.due ?? []).map((entry) => dueMessage(job, epoch, entry));
  const missing = await queues.missing(due);
  yield "looked for tasks";
  for (const message of missing) {
    if (!suspects.see(taskId(message))) continue;
    await queues.addLost(message);
    yield `queued ${taskId(message)} again`;
  }
  if (seen.a !== "running") return seen.a;

  const { credits = [], window = Infinity, openSegments = Infinity } = seen;
  if (share !== undefined && (share.window > window || share.openSegments > openSegments)) {
    const widened = await ledger.widen(job, epoch, share);
    await queues.addDue(job, epoch, widened.due);
    yield "looked after more workers";
  }
  for (const { k, tok, st, by } of credits) {
    const holderIsGone = st === "held" && (by === undefined || !deliveries.has(by));
    if (st !== "drop" && !holderIsGone) continue;
    if (!suspects.see(`credit ${job}/${epoch}/${k} ${st}`, tok)) continue;
    const id = grantId(job, epoch, k);
    await frames.deletePrefix(id);
    yield `cleared the pixels of ${k}`;
    await ledger.release(id, tok);
    yield `gave back the bytes of ${k}`;
    if (st === "drop") await ledger.returned(job, epoch, k, tok);
    else await ledger.unhold(job, epoch, k, tok);
    yield `took back the credit of ${k}`;
  }
  return { epoch, held: new Set(credits.map(({ k }) => `${job}/${epoch}/${k}`)) };
}
