import {
  type AcceptedJob,
  DEFAULT_PRIORITY,
  isTerminal,
  type JobId,
  jobIdTime,
  type JobResult,
  type JobState,
  type JobView,
  type Problem,
  ProblemError,
  type Progress,
} from "@framequeue/contracts";
import type { JobRecord } from "../ledger/ledger.ts";

/** What a view tells of what was accepted. */
export interface AcceptedFacts extends Pick<AcceptedJob, "acceptedAt" | "models" | "priority"> {
  readonly source: { readonly name: string };
}

/** What a view tells of a result. */
export interface EndedFacts extends Pick<
  JobResult,
  "run" | "state" | "finishedAt" | "warnings" | "problem"
> {
  /** Names of the result files. */
  readonly files: readonly string[];
}

export function factsOf(result: JobResult): EndedFacts {
  const { run, state, finishedAt, warnings, problem, artifacts } = result;
  const files = Object.keys(artifacts);
  return { run, state, finishedAt, warnings, ...(problem && { problem }), files };
}

/**
 * A job as the outside sees it, from what was accepted, the ledger's record, and the result of a job that has ended.
 * What cannot be read is the view's problem, and the view says what is known without it.
 */
export function toView(
  id: JobId,
  accepted: AcceptedFacts | ProblemError,
  ledger: JobRecord | ProblemError | undefined,
  result: EndedFacts | ProblemError | undefined,
): JobView {
  const job = accepted instanceof ProblemError ? undefined : accepted;
  const record = ledger instanceof ProblemError ? undefined : ledger;
  // A cancellation beats a result that came too late.
  const found = isCancelled(record?.["st"]) ? undefined : result;
  const ended = found instanceof ProblemError ? undefined : found;
  const damage = [accepted, ledger, found]
    .find((each) => each instanceof ProblemError)
    ?.toProblem();
  // That there is a result says that the job has ended, and how is lost with it.
  const lost = found instanceof ProblemError && record?.["st"] === undefined;
  const state = ended?.state ?? (lost ? "failed" : publicState(record));
  const finishedAt = ended?.finishedAt ?? record?.["finishedAt"];
  const problem = damage ?? ended?.problem ?? parseProblem(record?.["problem"]);
  return {
    id,
    state,
    source: { name: job?.source.name ?? UNKNOWN_NAME },
    models: job?.models ?? [],
    priority: job?.priority ?? DEFAULT_PRIORITY,
    run: ended?.run ?? runOf(record),
    acceptedAt: job?.acceptedAt ?? record?.["acceptedAt"] ?? new Date(jobIdTime(id)).toISOString(),
    ...(finishedAt === undefined ? {} : { finishedAt }),
    progress: toProgress(record),
    warnings: ended?.warnings ?? [],
    ...(problem === undefined ? {} : { problem }),
    results: Object.fromEntries(
      (ended?.files ?? []).map((name) => [name, `/v1/jobs/${id}/results/${name}`]),
    ),
  };
}

/** Of the video of a job whose record cannot be read. */
const UNKNOWN_NAME = "unknown";

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
  if (text === undefined || text === "") return undefined;
  try {
    return JSON.parse(text) as Problem;
  } catch {
    return undefined; // nothing that this product wrote
  }
}

/** Which run the record is of: 1, and one more for every retry. */
export function runOf(record: JobRecord | undefined): number {
  return Number(record?.["run"] ?? 1);
}

export function isCancelled(st: string | undefined): boolean {
  return st === "cancelling" || st === "cancelled";
}
