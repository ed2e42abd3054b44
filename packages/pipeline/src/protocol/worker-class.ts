import type { JobId } from "@framequeue/contracts";
import type { Ports } from "../ports.ts";
import type { InferRoster } from "../registry/infer-roster.ts";
import type { JobFacts } from "../plan/plan.ts";
import type { TaskQueues } from "../queues/task-queues.ts";
import { clearEpoch } from "./clear-epoch.ts";
import { ForAnother } from "./task-context.ts";

export interface ClassDeps extends Pick<Ports, "ledger" | "frames"> {
  readonly roster: Pick<InferRoster, "wasHere">;
  readonly queues: Pick<TaskQueues, "addDue">;
  /** What this process runs models on; absent where it serves every job, as one that is alone does. */
  readonly numericClass?: string | undefined;
}

/**
 * Whether this process may infer for a job: all of its frames are inferred by processes of one class, and those of
 * another leave them. Where the last process of the class is gone for good, the job begins again on what there is: half
 * of its frames by one class and half by another would be a result that no undisturbed run gives.
 *
 * @throws ForAnother if processes of the job's class are there
 */
export async function isOurs(
  deps: ClassDeps,
  { plan }: JobFacts,
  { job, epoch }: { readonly job: JobId; readonly epoch: string },
): Promise<boolean> {
  const { numericClass, roster, ledger, queues } = deps;
  const wanted = plan.numeric?.class;
  if (numericClass === undefined || wanted === undefined || wanted === numericClass) return true;
  if (await roster.wasHere(wanted)) throw new ForAnother(`for a process of class ${wanted}`);
  const replanned = await ledger.replan(job, epoch);
  await queues.addDue(job, "", replanned.due);
  if (replanned.a === "ok") await clearEpoch(deps, job, epoch);
  return false;
}
