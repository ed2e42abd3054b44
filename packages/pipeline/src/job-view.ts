import {
  type AcceptedJob,
  DEFAULT_PRIORITY,
  isTerminal,
  type JobResult,
  type JobState,
  type JobView,
  type Problem,
  type Progress,
} from "@framequeue/contracts";
import type { JobRecord } from "./ledger.ts";

/** A job as the outside sees it, from what was accepted, the ledger's record, and the result of a job that has ended. */
export function toView(
  job: AcceptedJob,
  record: JobRecord | undefined,
  result: JobResult | undefined,
): JobView {
  // A cancellation beats a result that came too late.
  const ended = isCancelled(record?.["st"]) ? undefined : result;
  const state = ended?.state ?? publicState(record);
  const finishedAt = ended?.finishedAt ?? record?.["finishedAt"];
  const problem = ended?.problem ?? parseProblem(record?.["problem"]);
  return {
    id: job.id,
    state,
    source: { name: job.source.name },
    models: job.models,
    priority: job.priority ?? DEFAULT_PRIORITY,
    run: ended?.run ?? runOf(record),
    acceptedAt: job.acceptedAt,
    ...(finishedAt === undefined ? {} : { finishedAt }),
    progress: toProgress(record),
    warnings: ended?.warnings ?? [],
    ...(problem === undefined ? {} : { problem }),
    results: Object.fromEntries(
      Object.keys(ended?.artifacts ?? {}).map((name) => [
        name,
        `/v1/jobs/${job.id}/results/${name}`,
      ]),
    ),
  };
}

/** The ledger's own states are finer in one place (`tracked`) and know pausing as a flag. */
function publicState(record: JobRecord | undefined): JobState {
  const st = record?.["st"];
  if (st === undefined) return "queued";
  if (record?.["paused"] === "1" && st !== "cancelling" && !isTerminal(st as JobState)) {
    return "paused";
  }
  return st === "tracked" ? "finalizing" : (st as JobState);
}

function toProgress(record: JobRecord | undefined): Progress {
  const count = (name: string): number => Number(record?.[name] ?? 0);
  return {
    total: Math.max(count("total"), count("ord")),
    decoded: count("fd"),
    inferred: count("fi"),
    tracked: count("ord"),
    rendered: count("rendered"),
    indexed: record?.["index"] !== undefined,
  };
}

function parseProblem(text: string | undefined): Problem | undefined {
  return text === undefined || text === "" ? undefined : (JSON.parse(text) as Problem);
}

/** Which run the record is of: 1, and one more for every retry. */
export function runOf(record: JobRecord | undefined): number {
  return Number(record?.["run"] ?? 1);
}

export function isCancelled(st: string | undefined): boolean {
  return st === "cancelling" || st === "cancelled";
}
