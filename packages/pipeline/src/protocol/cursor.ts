import {
  batchKey,
  type InferredBatch,
  type JobId,
  type Part,
  type PartManifest,
  type PartRow,
  type TrackMessage,
} from "@framequeue/contracts";
import type { Ports } from "../ports.ts";
import type { FactsReader } from "../plan/plan.ts";
import type { DoneBatch, TrackRun } from "../ledger/ledger.ts";
import type { JobFacts } from "../plan/plan.ts";
import { NotWanted } from "../queues/job-watch.ts";
import type { TaskQueues } from "../queues/task-queues.ts";
import { putIntermediate } from "./intermediates.ts";
import type { TaskContext } from "./task-context.ts";

/** Batches of one commit: enough to keep up when infer is fast, few enough that little is done again after a crash. */
const RUN_BATCHES = 8;
/** Parts that the ledger lists by name before they move into a manifest object, so that its size stays bounded. */
const LISTED_PARTS = 64;

export interface CursorDeps extends Pick<Ports, "ledger" | "objects"> {
  readonly facts: FactsReader;
  readonly queues: Pick<TaskQueues, "addDue">;
  /** Others than the usual number; a simulation wants little to be much. */
  readonly runBatches?: number;
  readonly listedParts?: number;
}

export interface CursorWork {
  /** A row for every frame of the run, in order. */
  readonly rows: readonly PartRow[];
  /** What the next run is to go on from; made of the same frames, it is the same bytes. */
  readonly checkpoint: string;
  /** The commit counts: the checkpoint has this name now. */
  readonly onCommitted?: (checkpoint: string) => void;
}

/** Takes the run of finished batches at the cursor, and moves the cursor behind it once there are rows for them. */
export async function moveCursor(
  deps: CursorDeps,
  { job, epoch }: TrackMessage,
  { count }: TaskContext,
  work: (run: TrackRun, facts: JobFacts) => Promise<CursorWork>,
): Promise<void> {
  const { ledger, queues, objects } = deps;
  const facts = await deps.facts(job, epoch);
  if (facts === undefined) return;

  const run = await ledger.trackBegin(job, epoch, deps.runBatches ?? RUN_BATCHES);
  await queues.addDue(job, epoch, run.due);
  if (run.a !== "run") return;
  await rollUpParts(deps, job, epoch, run);

  const done = await work(run, facts);
  const part: Part = {
    v: 1,
    rows: [...done.rows],
    batches: run.batches.map((batch, i) => originOf(run, batch, i)),
  };
  // The objects come first, under names made of their content: the commit names only what exists.
  const [partRef, checkpoint] = await Promise.all([
    putIntermediate(objects, job, epoch, "part", JSON.stringify(part)),
    putIntermediate(objects, job, epoch, "checkpoint", done.checkpoint),
  ]);
  const committed = await ledger.trackCommit(
    job,
    epoch,
    run,
    run.batches.length,
    checkpoint,
    run.ord + done.rows.length,
    partRef,
  );
  if (committed.a === "gone") throw new NotWanted(job);
  if (committed.a !== "ok") return;
  count({ frames: done.rows.length, batches: run.batches.length });
  done.onCommitted?.(checkpoint);
  await queues.addDue(job, epoch, committed.due);
  // Old checkpoints are not needed any more. Equal states have one name, so the newest may be among them.
  const expired = (committed.expired ?? []).filter((ref) => ref !== checkpoint);
  await Promise.all(expired.map((ref) => objects.delete(ref)));
}

/** Where the rows of the i-th batch of a run come from. */
function originOf({ cs, cb }: TrackRun, { frames, ranges }: DoneBatch, i: number): InferredBatch {
  return {
    k: batchKey({ segment: cs, batch: cb + i }),
    frames,
    ranges: ranges.map(({ f, t, ref }) => ({ f, t, ...(ref === undefined ? {} : { ref }) })),
  };
}

/** Moves the listed parts into a manifest once they are many. */
async function rollUpParts(
  { ledger, objects, listedParts = LISTED_PARTS }: CursorDeps,
  job: JobId,
  epoch: string,
  run: Pick<TrackRun, "parts" | "roll">,
): Promise<void> {
  if (run.parts < listedParts) return;
  const listed = await ledger.readParts(job, epoch);
  if (listed.a !== "ok" || listed.roll !== run.roll) return;
  const manifest: PartManifest = { v: 1, previous: listed.roll, parts: listed.parts ?? [] };
  const ref = await putIntermediate(objects, job, epoch, "manifest", JSON.stringify(manifest));
  await ledger.rollUp(job, epoch, listed.roll, manifest.parts.length, ref);
}
