import type { AnalyticsOptions } from "./api/options/analytics.ts";
import { type ExecutionOptions, executionOptionsSchema } from "./api/options/execution.ts";
import { type ResultOptions, resultOptionsSchema } from "./api/options/job-options.ts";
import { type JobId, newJobId } from "./ids.ts";
import type { AcceptedJob, StoredSource } from "./jobs.ts";
import type { ModelRef } from "./models.ts";

/** What a job is made of. */
export interface NewJob {
  /** Default: a fresh one. */
  readonly id?: JobId;
  /** ISO 8601. Default: now. */
  readonly acceptedAt?: string;
  readonly source: StoredSource;
  /** The job's own first; there is one at least. */
  readonly models: readonly ModelRef[];
  readonly options?: ResultOptions;
  readonly execution?: ExecutionOptions;
  readonly priority?: AcceptedJob["priority"];
  /** Whether the annotated video is written. */
  readonly render: boolean;
  readonly analytics?: AnalyticsOptions | undefined;
}

/** A job as it is kept: its options with their defaults, under an id and a time of its own. */
export function acceptJob({
  id = newJobId(),
  acceptedAt = new Date().toISOString(),
  source,
  models,
  options = resultOptionsSchema.parse({}),
  execution = executionOptionsSchema.parse({}),
  priority,
  render,
  analytics,
}: NewJob): AcceptedJob {
  return {
    ...{ v: 1, id, acceptedAt, source, models: [...models], options, execution },
    ...(priority === undefined ? {} : { priority }),
    render,
    ...(analytics === undefined ? {} : { analytics }),
  };
}
