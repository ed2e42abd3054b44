import type { Request, Response } from "express";
import { inTime } from "../http/deadline.ts";
import type { ApiDeps } from "../deps.ts";
import { jobIdOf } from "../jobs/job-id.ts";

/** `DELETE /v1/jobs/{id}`: 204 when nothing of the job is left, neither its source nor its results. */
export function deleteJob({ jobs }: Pick<ApiDeps, "jobs">) {
  return async (request: Request, response: Response): Promise<void> => {
    await inTime(jobs.remove(jobIdOf(request)));
    response.status(204).end();
  };
}
