import { jobIdSchema } from "@framequeue/contracts";
import { compareJobs } from "@framequeue/outputs";
import { jobNotFound } from "@framequeue/pipeline";
import type { Request, Response } from "express";
import { inTime } from "../http/deadline.ts";
import type { ApiDeps } from "../deps.ts";
import { jobIdOf } from "../jobs/job-id.ts";

/** `GET /v1/jobs/{id}/compare/{other}`: how far the detections of two jobs over the same source agree. */
export function compareTwoJobs({ jobs, objects }: Pick<ApiDeps, "jobs" | "objects">) {
  return async (request: Request, response: Response): Promise<void> => {
    const id = jobIdOf(request);
    const text = String(request.params["other"]);
    const other = jobIdSchema.safeParse(text).data;
    if (other === undefined) throw jobNotFound(text.slice(0, 64));
    const sides = [];
    for (const job of [id, other]) {
      if ((await inTime(jobs.view(job))) === undefined) throw jobNotFound(job);
      const result = await inTime(jobs.result(job));
      for (const name of ["frames.jsonl", "summary.json"]) {
        const artifact = result?.artifacts[name];
        if (artifact !== undefined) await jobs.checkArtifact(job, name, artifact);
      }
      sides.push({ objects, id: job, result });
    }
    response.json(await compareJobs(sides[0]!, sides[1]!));
  };
}
