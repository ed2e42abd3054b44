import { jobNotFound } from "@framequeue/pipeline";
import type { Request, Response } from "express";
import { inTime } from "../http/deadline.ts";
import type { ApiDeps } from "../deps.ts";
import { jobIdOf } from "../jobs/job-id.ts";

/** `GET /v1/jobs/{id}` */
export function getJob({ jobs }: Pick<ApiDeps, "jobs">) {
  return async (request: Request, response: Response): Promise<void> => {
    const id = jobIdOf(request);
    const view = await inTime(jobs.view(id));
    if (view === undefined) throw jobNotFound(id);
    response.json(view);
  };
}
