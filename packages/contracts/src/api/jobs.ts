import { z } from "zod";
import { prioritySchema } from "./options/execution.ts";
import { jobOptionShape } from "./options/job-options.ts";
import { jobIdSchema } from "./ids.ts";
import { modelRefSchema } from "./models.ts";
import { problemSchema } from "./problems.ts";

export const JOB_STATES = [
  "queued",
  "validating",
  "running",
  "paused",
  "finalizing",
  "cancelling",
  "succeeded",
  "succeeded_with_warnings",
  "failed",
  "cancelled",
] as const;
export const jobStateSchema = z.enum(JOB_STATES);
export type JobState = z.infer<typeof jobStateSchema>;

export const TERMINAL_STATES = [
  "succeeded",
  "succeeded_with_warnings",
  "failed",
  "cancelled",
] as const satisfies readonly JobState[];

export function isTerminal(state: JobState): state is (typeof TERMINAL_STATES)[number] {
  return (TERMINAL_STATES as readonly JobState[]).includes(state);
}

/** Where the video comes from. `path` is allowed only below the folders that the operator named. */
export const sourceSchema = z.union([
  z.strictObject({ url: z.url({ protocol: /^https?$/ }) }),
  z.strictObject({ path: z.string().min(1) }),
]);
export type Source = z.infer<typeof sourceSchema>;

/** Body of `POST /v1/jobs`. */
export const jobRequestSchema = z.strictObject({ source: sourceSchema, ...jobOptionShape });
export type JobRequest = z.infer<typeof jobRequestSchema>;

/**
 * How far each stage has come, in frames that are looked at; `rendered` too. `total` is 0 until it is known, and an
 * estimate until decode ends.
 */
export const progressSchema = z.object({
  total: z.int().min(0),
  decoded: z.int().min(0),
  inferred: z.int().min(0),
  tracked: z.int().min(0),
  rendered: z.int().min(0),
  indexed: z.boolean(),
});
export type Progress = z.infer<typeof progressSchema>;

/** A job as `GET /v1/jobs/{id}` shows it. */
export const jobViewSchema = z.object({
  id: jobIdSchema,
  state: jobStateSchema,
  source: z.object({ name: z.string() }),
  models: z.array(modelRefSchema),
  priority: prioritySchema,
  /** 1, and one more for every retry. */
  run: z.int().positive(),
  acceptedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().optional(),
  progress: progressSchema,
  warnings: z.array(z.object({ code: z.string(), detail: z.string() })),
  problem: problemSchema.optional(),
  /** URL paths of the results by file name; empty until the job has succeeded. */
  results: z.record(z.string(), z.string()),
});
export type JobView = z.infer<typeof jobViewSchema>;
