import type { MessageOf } from "@framequeue/contracts";
import { putIntermediate } from "./intermediates.ts";
import { NotWanted } from "../queues/job-watch.ts";
import type { JobRecord, PostStage } from "../ledger/ledger.ts";
import type { Pipeline } from "../pipeline.ts";
import type { JobFacts } from "../plan/plan.ts";

/** What a stage after track works on. */
export interface PostWork extends JobFacts {
  readonly epoch: string;
  readonly record: JobRecord;
}

/**
 * One of the stages after track: asks the ledger, does the work, and leaves what that answers as an object for the
 * stages behind it.
 *
 * @param work answers undefined where there is nothing to go by any more: a Redis that went back has the stages before
 * done again, or the job was cleared away
 * @returns what the work answered, once the ledger has it
 */
export async function doPost<R>(
  pipeline: Pipeline,
  { job, epoch, stage }: MessageOf<PostStage>,
  work: (work: PostWork) => Promise<R | undefined>,
): Promise<R | undefined> {
  const { ledger, queues, objects } = pipeline;
  const facts = await pipeline.facts(job, epoch);
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
