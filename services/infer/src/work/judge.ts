import type { JobId, ModelRef } from "@framequeue/contracts";
import { ProblemError } from "@framequeue/contracts";
import { type Breach, RunBroke, RunGivenUp } from "@framequeue/models";
import {
  modelBroke,
  modelQuarantined,
  type Pipeline,
  strikeModel,
  suspectWork,
  type Verdict,
} from "@framequeue/pipeline";

/** What was being worked on. */
export interface JudgedWork {
  readonly job: JobId;
  readonly epoch: string;
  /** What of the job, such as a batch. */
  readonly work: string;
}

export interface JudgeDeps extends Pipeline {
  /** Runs that were judged: all pictures of a run hear of its end, and it counts once, for the first of them. */
  readonly judged: WeakSet<RunBroke>;
  /** A model broke a bound, and what follows. */
  readonly onBroke?:
    ((breach: Breach<ModelRef>, work: JudgedWork, verdict: Verdict) => void) | undefined;
}

/** Does work with models; where one broke a bound, what comes of that is thrown, and says nothing about the frames. */
export async function judging<R>(
  deps: JudgeDeps,
  judged: JudgedWork,
  work: () => Promise<R>,
): Promise<R> {
  try {
    return await work();
  } catch (error) {
    throw isOfModel(error) ? await judge(deps, error, judged) : error;
  }
}

function isOfModel(error: unknown): error is RunBroke | RunGivenUp {
  return error instanceof RunBroke || error instanceof RunGivenUp;
}

/**
 * Says what becomes of work that was given up because a model broke a bound: as a rule it is tried again by another
 * process. Where it was this work's own model, a strike counts against that, and its job may be over.
 *
 * @returns what is to be thrown
 */
export async function judge(
  deps: JudgeDeps,
  error: RunBroke | RunGivenUp,
  work: JudgedWork,
): Promise<ProblemError> {
  const again = new ProblemError("shutting-down", "The process that ran the model is replaced.", {
    cause: error,
  });
  const breach = error.breach as Breach<ModelRef>;
  if (!breach.isCertain) {
    await suspectWork(deps, work.job, work.work);
    return again;
  }
  if (!(error instanceof RunBroke) || deps.judged.has(error)) return again;
  deps.judged.add(error);
  const strike = { ...breach, ...work };
  const verdict = await strikeModel(deps, strike);
  deps.onBroke?.(breach, work, verdict);
  if (verdict === "again") return again;
  const problem =
    verdict === "quarantined" ? modelQuarantined(breach.model, breach) : modelBroke(strike);
  // At once: the process goes, and who takes the task next would not know.
  await deps.jobs.fail(work.job, problem.toProblem(), work.epoch);
  return problem;
}
