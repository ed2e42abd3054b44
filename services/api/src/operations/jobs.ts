import { isTerminal, type JobId, type JOB_OPERATIONS, type JobView } from "@framequeue/contracts";
import { jobNotFound } from "@framequeue/pipeline";
import type { ApiDeps } from "../deps.ts";
import { inTime } from "../http/deadline.ts";
import type { Handlers } from "../http/handler.ts";
import { submitJob } from "./submit-job.ts";
import { watchJob, type WatchDeps } from "./watch-job.ts";

/** Of a job that succeeded every result file is read through: 20 GiB take a minute or two. */
const RETRY_MS = 300_000;

/** What becomes of jobs. */
export function jobHandlers(deps: ApiDeps & WatchDeps): Handlers<typeof JOB_OPERATIONS> {
  const { jobs } = deps;
  const view = async (id: JobId): Promise<JobView> => {
    const found = await inTime(jobs.view(id));
    if (found === undefined) throw jobNotFound(id);
    return found;
  };
  return {
    async listJobs({ query: { limit, before } }) {
      if (before !== undefined && !(await inTime(jobs.isAccepted(before)))) {
        throw jobNotFound(before);
      }
      const found = await inTime(
        jobs.list({ limit: limit + 1, ...(before === undefined ? {} : { before }) }),
      );
      const page = found.slice(0, limit);
      const last = found.length > limit ? page.at(-1) : undefined;
      const next = last && { next: `/v1/jobs?limit=${limit}&before=${last.id}` };
      return { status: 200, json: { jobs: page, ...next } };
    },
    submitJob: submitJob(deps),
    getJob: async ({ params }) => ({ status: 200, json: await view(params.id) }),
    async deleteJob({ params: { id } }) {
      await inTime(jobs.remove(id));
      return { status: 204 };
    },
    watchJob: watchJob(deps),
    async cancelJob({ params: { id } }) {
      await inTime(jobs.cancel(id));
      const json = await view(id);
      return { status: isTerminal(json.state) ? 200 : 202, json };
    },
    async pauseJob({ params: { id } }) {
      await inTime(jobs.pause(id));
      return { status: 200, json: await view(id) };
    },
    async resumeJob({ params: { id } }) {
      await inTime(jobs.resume(id));
      return { status: 200, json: await view(id) };
    },
    async retryJob({ params: { id } }) {
      await inTime(jobs.retry(id), RETRY_MS);
      return { status: 202, headers: { location: `/v1/jobs/${id}` }, json: await view(id) };
    },
  };
}
