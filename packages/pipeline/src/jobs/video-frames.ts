import type { JobRecord } from "../ledger/ledger.ts";
import type { JobFacts } from "../plan/plan.ts";

/** Frames of the video, whether they were looked at or not. For a job that is tracked. */
export function videoFrames({ job, plan }: JobFacts, record: JobRecord): number {
  const { everyNth = 1 } = job.options;
  if (everyNth === 1) return Number(record["ord"] ?? 0);
  return plan.mode === "parallel" ? plan.expectedFrames : Number(record["shown"] ?? 0);
}
