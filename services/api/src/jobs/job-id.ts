import { type JobId, jobIdSchema } from "@framequeue/contracts";
import { jobNotFound } from "@framequeue/pipeline";
import type { Request } from "express";

/** The job that the path names. What is not a job id is a job that does not exist: `job-not-found`. */
export function jobIdOf(request: Request): JobId {
  const text = String(request.params["id"]);
  const id = jobIdSchema.safeParse(text);
  if (!id.success) throw jobNotFound(text.slice(0, 64));
  return id.data;
}
