import { basename } from "node:path";
import { awaitJob, type ComposedSystem } from "@framequeue/cli";
import {
  acceptJob,
  type Analytics,
  analyticsOptionsSchema,
  analyticsSchema,
  type ExecutionOptions,
  executionOptionsSchema,
  resultOptionsSchema,
  type Summary,
  summarySchema,
} from "@framequeue/contracts";
import type { ModelPackage } from "@framequeue/models";

/** Options of a job as its user gives them. */
export type JobOptions = Parameters<typeof resultOptionsSchema.parse>[0];

/** What few jobs have. */
export interface JobExtras {
  /** Stored in the system already, as the detector is. */
  readonly embedder?: ModelPackage | undefined;
  /** What is counted, as a request has it. */
  readonly analytics?: Parameters<typeof analyticsOptionsSchema.parse>[0];
}

export interface JobRun {
  readonly summary: Summary;
  /** SHA-256 of each result file. */
  readonly hashes: Readonly<Record<string, string>>;
  /** The tracks as MOTChallenge text. */
  readonly mot: string;
  /** What was counted, where that was asked for. */
  readonly analytics: Analytics | undefined;
}

/**
 * Runs the main job without rendering on a file of this machine, and clears its objects away.
 *
 * @param model stored in the system already
 * @param options as in a request
 * @throws Error where the job does not succeed, with warnings or without
 */
export async function runJob(
  { pipeline: { jobs, objects } }: ComposedSystem,
  model: ModelPackage,
  video: string,
  execution: Partial<ExecutionOptions> = {},
  options: JobOptions = {},
  { embedder, analytics: counted }: JobExtras = {},
): Promise<JobRun> {
  const job = acceptJob({
    source: { kind: "file", path: video, name: basename(video) },
    models: [model.ref, ...(embedder ? [embedder.ref] : [])],
    options: resultOptionsSchema.parse(options),
    execution: executionOptionsSchema.parse(execution),
    render: false,
    analytics: counted === undefined ? undefined : analyticsOptionsSchema.parse(counted),
  });
  await jobs.submit(job);
  const view = await awaitJob(jobs, job.id, { signal: new AbortController().signal });
  const result = await jobs.result(job.id);
  if (!view.state.startsWith("succeeded") || result === undefined) {
    throw new Error(`The job ended ${view.state}: ${JSON.stringify(view.problem)}`);
  }
  const text = async (name: string): Promise<string> =>
    (await objects.get(result.artifacts[name]!.key)).toString();
  const summary = summarySchema.parse(JSON.parse(await text("summary.json")));
  const mot = await text("mot.txt");
  const analytics =
    "analytics.json" in result.artifacts
      ? analyticsSchema.parse(JSON.parse(await text("analytics.json")))
      : undefined;
  const hashes = Object.fromEntries(
    Object.entries(result.artifacts).map(([name, { sha256 }]) => [name, sha256]),
  );
  await objects.deletePrefix(`jobs/${job.id}`);
  return { summary, hashes, mot, analytics };
}
