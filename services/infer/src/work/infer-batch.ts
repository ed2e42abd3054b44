import { type InferMessage, type InferResult, newToken, ProblemError } from "@framequeue/contracts";
import {
  checkStanding,
  dropBatch,
  insist,
  NotWanted,
  type JobFacts,
  payloadOf,
  putIntermediate,
  reportLost,
  type TaskContext,
  trustWork,
} from "@framequeue/pipeline";
import { type CascadeDeps, runCascade } from "./cascade.ts";
import { isOfModel, judge, type JudgeDeps } from "./judge.ts";
import { isOurs } from "../models/numeric-class.ts";
import type { SoloGate } from "../load/solo-gate.ts";

export interface InferDeps extends JudgeDeps, CascadeDeps {
  readonly gate: SoloGate;
  /** What this process runs models on; absent where it serves every job, as one that is alone does. */
  readonly numericClass?: string | undefined;
}

/** Runs the job's models on every range of a batch that has no result yet, then deletes the pixels and gives the credit back. */
export async function inferBatch(
  deps: InferDeps,
  message: InferMessage,
  context: TaskContext,
): Promise<void> {
  const facts = await deps.facts(message.job, message.epoch);
  if (facts === undefined) return;
  if (!(await isOurs(deps, facts, message))) return;

  const { job, batch } = message;
  const { isSuspect } = await checkStanding(deps, facts.job.models, job, batch);
  let alone = context.suspect || isSuspect;
  for (;;) {
    const range = (): Promise<NextRange> => inferRange(deps, facts, message, context, alone);
    const next = await (alone ? deps.gate.alone(range) : deps.gate.share(range));
    if (next === "none") break;
    alone ||= next === "alone";
  }
  if (isSuspect) await trustWork(deps, job, batch);
}

/** What comes after a range: another of the batch, this one again but alone in the process, or nothing. */
type NextRange = "another" | "alone" | "none";

async function inferRange(
  deps: InferDeps,
  facts: JobFacts,
  { job, epoch, batch }: InferMessage,
  { signal, count, follow }: TaskContext,
  isAlone: boolean,
): Promise<NextRange> {
  const { ledger, queues } = deps;
  signal.throwIfAborted();
  const lease = newToken();
  const begun = await ledger.begin(job, epoch, batch, lease, "infer");
  await queues.addDue(job, epoch, begun.due);
  if (begun.a === "drop") await dropBatch(deps, job, epoch, batch, begun.tok);
  if (begun.a !== "run") return "none";

  const handBack = () => ledger.handBack(job, epoch, batch, lease, "infer");
  if (begun.solo === 1 && !isAlone) {
    await insist(handBack, deps.lockMs);
    return "alone";
  }
  let ref: string;
  try {
    const variant = facts.job.options.enhance.normalize ? "b" : "a";
    const payload = await deps.frames.get(payloadOf(job, epoch, batch, variant));
    if (payload === undefined || String(payload.header.crc32) !== begun.sum) {
      await reportLost(deps, job, epoch, batch, lease, begun.tok);
      return "none";
    }
    follow(payload.header.span);
    const result: InferResult = {
      v: 1,
      pts: payload.header.pts.slice(begun.f, begun.t),
      ...(await runCascade(deps, facts, payload, { from: begun.f, to: begun.t }, signal)),
    };
    deps.frames.discardRead(payload);
    ref = await putIntermediate(deps.objects, job, epoch, "infer", JSON.stringify(result));
  } catch (error) {
    // Neither a stop, nor a store that is full or away, nor a model without bounds says anything about the frames.
    const blameless =
      signal.aborted ||
      isOfModel(error) ||
      (error instanceof ProblemError && error.code !== "inference-failed");
    if (blameless) await insist(handBack, deps.lockMs);
    throw isOfModel(error) ? await judge(deps, error, { job, epoch, work: batch }) : error;
  }
  const commit = () => ledger.commit(job, epoch, batch, lease, begun.f, begun.t, ref);
  const committed = await insist(commit, deps.lockMs);
  if (committed.a === "gone") throw new NotWanted(job);
  if (committed.a !== "stale") {
    count({ frames: begun.t - begun.f, batches: committed.a === "done" ? 1 : 0 });
  }
  if (committed.a === "done") {
    // Track first: it is waiting, the store is not.
    await queues.addDue(job, epoch, committed.due);
    await dropBatch(deps, job, epoch, batch, committed.tok);
  }
  return committed.a === "more" ? "another" : "none";
}
