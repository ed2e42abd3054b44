import { type JobId, ProblemError } from "@framequeue/contracts";
import type { Ports } from "../ports.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { deleteCheckpoints, keepWork } from "../plan/adoption.ts";
import { clearEpoch } from "./clear-epoch.ts";
import type { IntermediateLost } from "./intermediates.ts";

export type RemakeDeps = Pick<Ports, "ledger" | "queues" | "objects" | "frames"> & {
  readonly jobs: Jobs;
};

/**
 * Something that the steps of an epoch left is gone or damaged: the job goes on in a new epoch, which ingest plans anew.
 * What still is what it was when it was put is adopted there, and the rest made again from what is before it.
 *
 * @returns whether it is this call that ended the epoch
 */
export async function remake(
  deps: RemakeDeps,
  job: JobId,
  epoch: string,
  lost: IntermediateLost,
): Promise<boolean> {
  const { ledger, queues, objects, jobs } = deps;
  const kept = await keepWork(deps, job, epoch);
  const replanned = await ledger.replan(job, epoch, kept ?? "");
  if (replanned.a === "exhausted") {
    await jobs.fail(job, storeUnreliable().toProblem(), epoch);
    return true;
  }
  await queues.addDue(job, "", replanned.due);
  if (replanned.a !== "ok") return false;
  jobs.noteDamage({ job, record: "intermediate", key: lost.key, cause: lost });
  await clearEpoch(deps, job, epoch);
  await deleteCheckpoints(objects, job, epoch);
  return true;
}

function storeUnreliable(): ProblemError {
  return new ProblemError(
    "store-unreliable",
    "What the steps of this job left in the object store was lost or damaged again and again. Check the disk or the bucket, then retry the job.",
  );
}
