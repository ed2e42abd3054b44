import { isTerminal } from "@framequeue/contracts";
import { jobNotFound } from "@framequeue/pipeline";
import type { Request, Response } from "express";
import { inTime } from "../http/deadline.ts";
import type { ApiDeps } from "../deps.ts";
import { jobIdOf } from "../jobs/job-id.ts";

/** `POST /v1/jobs/{id}/cancel`: 200 when the job is cancelled, 202 while it still lets go of its work. */
export function cancelJob({ jobs }: Pick<ApiDeps, "jobs">) {
  return async (request: Request, response: Response): Promise<void> => {
    const id = jobIdOf(request);
    await inTime(jobs.cancel(id));
    const view = await inTime(jobs.view(id));
    if (view === undefined) throw jobNotFound(id);
    response.status(isTerminal(view.state) ? 200 : 202).json(view);
  };
}
