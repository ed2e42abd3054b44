import {
  type FinalizeMessage,
  type Gap,
  type JobResult,
  type MessageOf,
  type ReportStep,
} from "@framequeue/contracts";
import type { Ports } from "../ports.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { FactsReader } from "../plan/plan.ts";
import { hasStep } from "../ledger/late-steps.ts";
import type { JobRecord } from "../ledger/ledger.ts";
import type { JobFacts } from "../plan/plan.ts";
import { NotWanted } from "../queues/job-watch.ts";
import type { TaskQueues } from "../queues/task-queues.ts";
import { putIntermediate } from "./intermediates.ts";

export interface StepDeps extends Pick<Ports, "ledger" | "objects"> {
  readonly facts: FactsReader;
  readonly queues: Pick<TaskQueues, "addDue">;
}

/** What a step after track works on. */
export interface StepWork extends JobFacts {
  readonly epoch: string;
  readonly record: JobRecord;
}

/**
 * One of the steps after track: asks the ledger, does the work, and leaves what that answers as an object for the steps
 * behind it.
 *
 * @param work answers undefined where there is nothing to go by any more: a Redis that went back has the steps before
 * done again, or the job was cleared away
 * @returns what the work answered, once the ledger has it
 */
export async function runStep<R>(
  deps: StepDeps,
  { job, epoch, stage }: MessageOf<ReportStep>,
  work: (work: StepWork) => Promise<R | undefined>,
): Promise<R | undefined> {
  const { ledger, queues, objects } = deps;
  const facts = await deps.facts(job, epoch);
  const record = await ledger.read(job);
  if (facts === undefined || record === undefined) return undefined;
  const begun = await ledger.postBegin(job, epoch, stage);
  await queues.addDue(job, epoch, begun.due);
  if (begun.a !== "run") return undefined;

  const report = await work({ ...facts, epoch, record });
  if (report === undefined) return undefined;
  const ref = await putIntermediate(objects, job, epoch, stage, JSON.stringify(report));
  const committed = await ledger.postCommit(job, epoch, stage, ref);
  if (committed.a === "gone") throw new NotWanted(job);
  await queues.addDue(job, epoch, committed.due);
  return report;
}

/**
 * The last step, which takes the job to its end.
 *
 * @param work gets the names of what the steps before left
 */
export async function finishJob(
  deps: StepDeps & { readonly jobs: Pick<Jobs, "finish"> },
  { job, epoch }: FinalizeMessage,
  work: (
    facts: JobFacts,
    record: JobRecord,
    reports: { readonly index: string; readonly render: string | undefined },
  ) => Promise<{ readonly result: JobResult; readonly gaps: readonly Gap[] }>,
): Promise<void> {
  const { ledger, jobs } = deps;
  const facts = await deps.facts(job, epoch);
  if (facts === undefined || (await ledger.postBegin(job, epoch, "finalize")).a !== "run") return;
  const record = await ledger.read(job);
  if (record?.["st"] !== "tracked" || record["ep"] !== epoch) return;

  // A Redis that went back since this task was added has the steps before it done again.
  const { index, render } = record;
  if (index === undefined || (hasStep(record, "render") && render === undefined)) return;
  const { result, gaps } = await work(facts, record, { index, render });
  await jobs.finish(result, gaps);
}
