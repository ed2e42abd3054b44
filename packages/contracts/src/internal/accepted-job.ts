import { z } from "zod";
import { type JobId, jobIdSchema } from "../api/ids.ts";
import { type ModelRef, modelRefSchema } from "../api/models.ts";
import { type AnalyticsOptions, analyticsOptionsSchema } from "../api/options/analytics.ts";
import {
  type ExecutionOptions,
  executionOptionsSchema,
  prioritySchema,
} from "../api/options/execution.ts";
import { type ResultOptions, resultOptionsSchema } from "../api/options/job-options.ts";
import { newJobId } from "./ids.ts";

/** By what a file is known again. Numbers as text where they may be too large. */
export const sourceStateSchema = z.object({
  /** Who saw it so: another machine or container gives the same file other numbers of device and inode. */
  host: z.string(),
  bytes: z.int().min(0),
  device: z.string(),
  inode: z.string(),
  modifiedNs: z.string(),
});
export type SourceState = z.infer<typeof sourceStateSchema>;

/** The source as the pipeline sees it: an object in the store, a file on the machine, or still to be fetched. */
export const storedSourceSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("object"),
    key: z.string(),
    name: z.string(),
    /** Of the bytes as they came. Absent where an older version took them in. */
    sha256: z.string().optional(),
  }),
  z.object({
    kind: z.literal("file"),
    path: z.string(),
    name: z.string(),
    /** The folder that it was allowed in, without links: below it, no link is followed to the file. Absent: any is. */
    root: z.string().optional(),
    /** The file as it was accepted. Absent: whatever is there when ingest comes. */
    state: sourceStateSchema.optional(),
  }),
  z.object({ kind: z.literal("url"), url: z.string(), name: z.string() }),
]);
export type StoredSource = z.infer<typeof storedSourceSchema>;

/** The truth about a job: the object `jobs/<id>/accepted.json`, put before 202 is answered. */
export const acceptedJobSchema = z.object({
  v: z.literal(1),
  id: jobIdSchema,
  acceptedAt: z.iso.datetime(),
  source: storedSourceSchema,
  models: z.array(modelRefSchema).min(1),
  options: resultOptionsSchema,
  execution: executionOptionsSchema,
  /** Absent: the default. */
  priority: prioritySchema.optional(),
  render: z.boolean(),
  analytics: analyticsOptionsSchema.optional(),
});
export type AcceptedJob = z.infer<typeof acceptedJobSchema>;

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
