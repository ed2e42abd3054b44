import { basename } from "node:path";
import {
  acceptJob,
  type AnalyticsOptions,
  type ExecutionOptions,
  type JobId,
  type JobView,
  type ModelRef,
  type Problem,
  type ResultOptions,
  type Summary,
  summarySchema,
} from "@framequeue/contracts";
import { awaitJob } from "./await-job.ts";
import type { ComposedSystem } from "./compose.ts";
import { copyArtifacts } from "../files/copy-artifacts.ts";
import { createProgressDisplay, progressOf } from "../text/progress-line.ts";
import type { Terminal } from "../text/terminal.ts";

/** The main job on one file of this machine. */
export interface LocalJob {
  readonly id: JobId;
  readonly path: string;
  /** The job's own, and those that look at what it finds; already stored in the system. */
  readonly models: readonly ModelRef[];
  readonly options: ResultOptions;
  readonly execution: ExecutionOptions;
  /** Whether to write the annotated video. */
  readonly render: boolean;
  readonly analytics?: AnalyticsOptions | undefined;
  /** Where the artefacts go, as they come out of the system. */
  readonly work: string;
}

export interface LocalJobOutcome {
  readonly state: JobView["state"];
  readonly problem?: Problem;
  readonly warnings?: JobView["warnings"];
  /** Names of the artefacts in `work`. */
  readonly artifacts?: readonly string[];
  /** Absent where the job failed. */
  readonly summary?: Summary;
}

/**
 * Runs a job, shows how it comes on, and takes its artefacts out of the system. A signal of the terminal's cancels it.
 */
export async function runLocalJob(
  system: ComposedSystem,
  { stderr, signal }: Pick<Terminal, "stderr" | "signal">,
  { id, path, models, options, execution, render, analytics, work }: LocalJob,
): Promise<LocalJobOutcome> {
  const { jobs, objects } = system.pipeline;
  const name = basename(path);
  const source = { kind: "file", path, name } as const;
  await jobs.submit(acceptJob({ id, source, models, options, execution, render, analytics }));
  const display = createProgressDisplay(stderr, name);
  let view: JobView;
  try {
    view = await awaitJob(jobs, id, {
      signal,
      onView: (current) => display.update(progressOf(current)),
    });
  } catch (error) {
    if (signal.aborted) await jobs.cancel(id).catch(() => {});
    throw error;
  } finally {
    display.end();
  }
  if (view.state === "failed") {
    return { state: view.state, ...(view.problem && { problem: view.problem }) };
  }

  const artifacts = await copyArtifacts(jobs, objects, id, work);
  const result = await jobs.result(id);
  const summary = summarySchema.parse(
    JSON.parse((await objects.get(result!.artifacts["summary.json"]!.key)).toString()),
  );
  await objects.deletePrefix(`jobs/${id}`);
  return { state: view.state, artifacts, warnings: view.warnings, summary };
}
