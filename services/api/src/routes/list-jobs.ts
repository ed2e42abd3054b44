import { jobIdSchema } from "@framequeue/contracts";
import { jobNotFound } from "@framequeue/pipeline";
import type { Request, Response } from "express";
import { z } from "zod";
import { inTime } from "../http/deadline.ts";
import type { ApiDeps } from "../deps.ts";
import { requestProblem } from "../http/request-problem.ts";

const querySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  before: jobIdSchema.optional(),
});

/** `GET /v1/jobs?limit=&before=`: newest first; `next` leads to the page after. */
export function listJobs({ jobs }: Pick<ApiDeps, "jobs">) {
  return async (request: Request, response: Response): Promise<void> => {
    const query = querySchema.safeParse(request.query);
    if (!query.success) throw requestProblem(query.error, "query");
    const { limit, before } = query.data;
    if (before !== undefined && !(await inTime(jobs.isAccepted(before)))) {
      throw jobNotFound(before);
    }
    const found = await inTime(
      jobs.list({ limit: limit + 1, ...(before === undefined ? {} : { before }) }),
    );
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    response.json({
      jobs: page,
      ...(last === undefined ? {} : { next: `/v1/jobs?limit=${limit}&before=${last.id}` }),
    });
  };
}
