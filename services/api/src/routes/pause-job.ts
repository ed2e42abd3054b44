import { jobNotFound } from "@framequeue/pipeline";
import type { Request, Response } from "express";
import { inTime } from "../http/deadline.ts";
import type { ApiDeps } from "../deps.ts";
import { jobIdOf } from "../jobs/job-id.ts";

/** `POST /v1/jobs/{id}/pause`: nothing new starts for the job. What is being worked on is finished. */
export function pauseJob({ jobs }: Pick<ApiDeps, "jobs">) {
  return async (request: Request, response: Response): Promise<void> => {
    const id = jobIdOf(request);
    await inTime(jobs.pause(id));
    const view = await inTime(jobs.view(id));
    if (view === undefined) throw jobNotFound(id);
    response.json(view);
  };
}
