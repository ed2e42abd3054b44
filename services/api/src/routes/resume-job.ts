import { jobNotFound } from "@framequeue/pipeline";
import type { Request, Response } from "express";
import { inTime } from "../http/deadline.ts";
import type { ApiDeps } from "../deps.ts";
import { jobIdOf } from "../jobs/job-id.ts";

/** `POST /v1/jobs/{id}/resume`: a paused job goes on where it was; for any other that runs it changes nothing. */
export function resumeJob({ jobs }: Pick<ApiDeps, "jobs">) {
  return async (request: Request, response: Response): Promise<void> => {
    const id = jobIdOf(request);
    await inTime(jobs.resume(id));
    const view = await inTime(jobs.view(id));
    if (view === undefined) throw jobNotFound(id);
    response.json(view);
  };
}
