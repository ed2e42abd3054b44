import { jobNotFound } from "@framequeue/pipeline";
import type { Request, Response } from "express";
import { inTime } from "../http/deadline.ts";
import type { ApiDeps } from "../deps.ts";
import { jobIdOf } from "../jobs/job-id.ts";

/** Of a job that succeeded every result file is read through: 20 GiB take a minute or two. */
const RETRY_MS = 300_000;

/** `POST /v1/jobs/{id}/retry`: 202, and the job runs again; only what failed is worked on. */
export function retryJob({ jobs }: Pick<ApiDeps, "jobs">) {
  return async (request: Request, response: Response): Promise<void> => {
    const id = jobIdOf(request);
    await inTime(jobs.retry(id), RETRY_MS);
    const view = await inTime(jobs.view(id));
    if (view === undefined) throw jobNotFound(id);
    response.status(202).location(`/v1/jobs/${id}`).json(view);
  };
}
