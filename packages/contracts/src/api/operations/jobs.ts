import { z } from "zod";
import { jobIdSchema } from "../ids.ts";
import { jobRequestSchema, jobViewSchema } from "../jobs.ts";
import { uploadOptionsSchema } from "../options/job-options.ts";
import { empty, events, json, type Operation, type Param } from "./operation.ts";
import { READS, WRITES } from "./shared-problems.ts";

export const jobParam = {
  schema: jobIdSchema,
  means: "The job's id.",
  absent: "job-not-found",
  sentence: (text) => `There is no job ${text}.`,
} as const satisfies Param;

const jobListSchema = z.object({
  /** Newest first. */
  jobs: z.array(jobViewSchema),
  /** Where the page after this one is; absent on the last. */
  next: z.string().optional(),
});

const ofJob = { path: "/v1/jobs/{id}", params: { id: jobParam } } as const;
const job = json(jobViewSchema, "The job as it stands then.");
const location = { location: "Path of the job." } as const;

export const JOB_OPERATIONS = {
  listJobs: {
    method: "GET",
    path: "/v1/jobs",
    scope: "read",
    summary: "Lists jobs, newest first, a page at a time.",
    query: z.strictObject({
      limit: z.coerce
        .number("must be a number from 1 to 100")
        .int()
        .min(1)
        .max(100)
        .default(20)
        .describe("Jobs of a page."),
      before: jobIdSchema.optional().describe("The last job of the page before."),
    }),
    answers: { 200: json(jobListSchema, "A page of jobs.") },
    problems: [...READS, "job-not-found"],
  },
  submitJob: {
    method: "POST",
    path: "/v1/jobs",
    scope: "submit",
    summary: "Takes a video in, from a form that carries it or from where JSON says that it is.",
    headers: z.object({
      traceparent: z
        .string()
        .optional()
        .describe("W3C trace context; the job's trace refers to it."),
    }),
    body: {
      json: jobRequestSchema,
      form: {
        what: "video",
        example: "video.mp4",
        empty: "source-empty",
        fields: { options: { means: "JSON", schema: uploadOptionsSchema, json: true } },
      },
    },
    answers: { 202: json(jobViewSchema, "The job is safe, and will run.", location) },
    problems: [
      ...WRITES,
      "source-forbidden",
      "source-not-found",
      "source-not-video",
      "source-empty",
      "model-not-found",
      "model-invalid",
      "model-quarantined",
      "model-damaged",
    ],
  },
  getJob: {
    ...ofJob,
    method: "GET",
    scope: "read",
    summary: "Shows a job, and how far each stage has come.",
    answers: { 200: job },
    problems: READS,
  },
  deleteJob: {
    ...ofJob,
    method: "DELETE",
    scope: "submit",
    summary: "Takes a job that has ended away for good, with its source and its results.",
    answers: { 204: empty("Nothing of it is left.") },
    problems: [...WRITES, "job-running"],
  },
  watchJob: {
    ...ofJob,
    method: "GET",
    path: "/v1/jobs/{id}/events",
    scope: "read",
    summary: "Tells of every change of a job, as server-sent events.",
    headers: z.object({
      "last-event-id": z.string().optional().describe("The last event that the client has seen."),
    }),
    answers: {
      200: events(
        jobViewSchema,
        "`progress` at once and on every change, `end` when the job has ended; the data of each is the job.",
        {
          "cache-control": "`no-store`.",
          "x-accel-buffering": "`no`: a proxy is not to hold events back.",
        },
      ),
      204: empty("The client has seen the end: there is nothing to come back for."),
    },
    problems: READS,
  },
  cancelJob: {
    ...ofJob,
    method: "POST",
    path: "/v1/jobs/{id}/cancel",
    scope: "submit",
    summary: "Stops a job and clears away what it holds.",
    answers: {
      200: json(jobViewSchema, "The job is cancelled."),
      202: json(jobViewSchema, "The job still lets go of its work."),
    },
    problems: [...WRITES, "job-ended"],
  },
  pauseJob: {
    ...ofJob,
    method: "POST",
    path: "/v1/jobs/{id}/pause",
    scope: "submit",
    summary: "Starts nothing new for a job; what is being worked on is finished.",
    answers: { 200: job },
    problems: [...WRITES, "job-ended", "record-damaged"],
  },
  resumeJob: {
    ...ofJob,
    method: "POST",
    path: "/v1/jobs/{id}/resume",
    scope: "submit",
    summary: "Lets a paused job go on where it was; for any other that runs it changes nothing.",
    answers: { 200: job },
    problems: [...WRITES, "job-ended", "record-damaged"],
  },
  retryJob: {
    ...ofJob,
    method: "POST",
    path: "/v1/jobs/{id}/retry",
    scope: "submit",
    summary: "Runs a job again; only what failed, or is gone, is worked on.",
    answers: { 202: json(jobViewSchema, "The job runs again.", location) },
    problems: [...WRITES, "job-ended", "job-running", "record-damaged"],
  },
} as const satisfies Record<string, Operation>;
