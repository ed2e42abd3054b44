import type { InferMessage } from "@framequeue/contracts";
import {
  checkStanding,
  inferRanges,
  isOurs,
  type TaskContext,
  trustWork,
} from "@framequeue/pipeline";
import type { SoloGate } from "../load/solo-gate.ts";
import { type CascadeDeps, runCascade } from "./cascade.ts";
import { judging, type JudgeDeps } from "./judge.ts";

export interface InferDeps extends JudgeDeps, CascadeDeps {
  readonly gate: SoloGate;
  /** What this process runs models on; absent where it serves every job, as one that is alone does. */
  readonly numericClass?: string | undefined;
}

/** Runs the job's models on the frames of a batch. */
export async function inferBatch(
  deps: InferDeps,
  message: InferMessage,
  context: TaskContext,
): Promise<void> {
  const { job, epoch, batch } = message;
  const facts = await deps.facts(job, epoch);
  if (facts === undefined) return;
  if (!(await isOurs(deps, facts, message))) return;

  const { isSuspect } = await checkStanding(deps, facts.job.models, job, batch);
  await inferRanges(deps, message, context, {
    variant: facts.plan.payload.variants.at(-1)!,
    isSuspect: context.suspect || isSuspect,
    gate: deps.gate,
    infer: (range) =>
      judging(deps, { job, epoch, work: batch }, async () => ({
        v: 1,
        pts: range.batch.header.pts.slice(range.from, range.to),
        ...(await runCascade(deps, facts, range.batch, range, context.signal)),
      })),
  });
  if (isSuspect) await trustWork(deps, job, batch);
}
