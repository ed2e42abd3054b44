import { samplesAll } from "@framequeue/contracts";
import type { JobRecord } from "../ledger/ledger.ts";
import type { JobFacts } from "../plan/plan.ts";

/** Frames of the video, whether they were looked at or not. For a job that is tracked. */
export function videoFrames({ plan }: Pick<JobFacts, "plan">, record: JobRecord): number {
  if (samplesAll(plan.sampling)) return Number(record["ord"] ?? 0);
  return plan.mode === "parallel" ? plan.expectedFrames : Number(record["shown"] ?? 0);
}
