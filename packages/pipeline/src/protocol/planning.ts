import type { AcceptedJob, IngestMessage } from "@framequeue/contracts";
import type { Ports } from "../ports.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { objectKeys } from "../ledger/keys.ts";
import type { PlanOptions } from "../ledger/ledger.ts";
import { adoptKept } from "../plan/adoption.ts";
import { completePlan, type KeptPlan, type Plan, putPlan } from "../plan/plan.ts";
import { putSegmentTimes } from "../plan/segment-times.ts";
import type { TaskQueues } from "../queues/task-queues.ts";

export interface PlanningDeps extends Pick<Ports, "ledger" | "objects" | "host"> {
  readonly jobs: Pick<Jobs, "accepted" | "resultIfReadable">;
  readonly queues: Pick<TaskQueues, "addDue">;
}

export interface PlanningWork {
  /**
   * Where the bytes are, what they hold, how the work is cut; segments with the times of their frames.
   * What the options of the job come to is added here.
   */
  draw(job: AcceptedJob): Promise<KeptPlan>;
  /** What the ledger is to know of it. */
  describe(job: AcceptedJob, plan: Plan): Promise<PlanOptions>;
}

/** Gives a job that has no plan a plan, which adopts what an earlier one left where the work is cut in the same way. */
export async function planJob(
  deps: PlanningDeps,
  { job: id }: IngestMessage,
  work: PlanningWork,
): Promise<void> {
  const { ledger, queues, objects, jobs, host } = deps;
  const validated = await ledger.validate(id);
  if (validated.a === "planned") {
    const { ep, due } = await ledger.due(id);
    if (ep !== undefined) await queues.addDue(id, ep, due);
  }
  if (validated.a !== "ok") return;
  // Not before: a task that nobody wants any more does not wait for a record that cannot be read.
  const job = await jobs.accepted(id);
  if (job === undefined) return;

  const epoch = host.newToken();
  const drawn = await work.draw(job);
  const segments = await putSegmentTimes(objects, id, epoch, drawn.segments);
  const fresh: KeptPlan = { ...drawn, segments };
  const { run } = validated;
  const ofRunBefore = run > 1 ? await jobs.resultIfReadable(id, run - 1) : undefined;
  const kept = validated.kept ?? ofRunBefore?.kept;
  const adopted = kept === undefined ? undefined : await adoptKept(objects, id, kept, epoch, fresh);
  const plan = completePlan(adopted ?? fresh, job);
  await putPlan(objects, id, epoch, plan);
  const planned = await ledger.plan(id, epoch, await work.describe(job, plan));
  if (planned.a === "ok") await queues.addDue(id, epoch, planned.due);
  else await objects.deletePrefix(objectKeys.epoch(id, epoch));
}
