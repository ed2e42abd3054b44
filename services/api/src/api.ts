import { isReady, SECURITY_HEADERS } from "@framequeue/service";
import express, { type Express, type RequestHandler } from "express";
import { localOnly, requireAdmin, requireKey } from "./auth/access.ts";
import { unavailable } from "./http/deadline.ts";
import type { ApiDeps } from "./deps.ts";
import { createJobWatch } from "./jobs/job-watch.ts";
import { observeRequests } from "./http/observe-requests.ts";
import { problemAnswer } from "./http/problem-answer.ts";
import { BOARD_PATH, queueBoard } from "./queue-board.ts";
import { addRoutes, endpointsOf, type Route } from "./http/router.ts";
import { cancelJob } from "./routes/cancel-job.ts";
import { compareTwoJobs } from "./routes/compare-jobs.ts";
import { deleteJob } from "./routes/delete-job.ts";
import { getIndex } from "./routes/get-index.ts";
import { getJob } from "./routes/get-job.ts";
import { getResult } from "./routes/get-result.ts";
import { getLive, getMetrics, getReady } from "./routes/health.ts";
import { jobEvents } from "./routes/job-events.ts";
import { listJobs } from "./routes/list-jobs.ts";
import {
  deleteQuarantine,
  deleteVersion,
  getVersion,
  postMetrics,
} from "./routes/model-versions.ts";
import { getModel, listModels, rollBackModel, setAlias } from "./routes/models.ts";
import { pauseJob } from "./routes/pause-job.ts";
import { postJob } from "./routes/post-job.ts";
import { postModel } from "./routes/post-model.ts";
import { resumeJob } from "./routes/resume-job.ts";
import { retryJob } from "./routes/retry-job.ts";
import { getRunbook, listRunbooks } from "./routes/runbooks.ts";

/** How the API hears of its server's end, and the server of what the API still does. */
export interface ApiLifetime {
  /** Ends the event streams. */
  readonly stopping: AbortSignal;
  /** Is given every answer in the making; it may reject. */
  readonly track: (work: Promise<void>) => void;
}

/** The HTTP edge as an Express app, without a server. */
export function createApi(deps: ApiDeps, lifetime: Partial<ApiLifetime> = {}): Express {
  const { stopping = new AbortController().signal, track = () => {} } = lifetime;
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", "simple");

  app.use(observeRequests(deps));
  app.use(securityHeaders);
  if (deps.apiKeys.length === 0) app.use(localOnly());
  else app.use("/v1", requireKey(deps.apiKeys));
  app.use("/v1", whileReady(deps.ready));

  if (deps.adminKeys.length > 0) {
    app.use("/admin", requireAdmin(deps.adminKeys), whileReady(deps.ready));
    app.use(BOARD_PATH, queueBoard(deps.registry));
  }

  const watch = createJobWatch(deps);
  const jobs: Route[] = [
    { path: "/v1/jobs", methods: { GET: listJobs(deps), POST: postJob(deps) } },
    { path: "/v1/jobs/:id", methods: { GET: getJob(deps), DELETE: deleteJob(deps) } },
    { path: "/v1/jobs/:id/events", methods: { GET: jobEvents({ ...deps, watch, stopping }) } },
    { path: "/v1/jobs/:id/cancel", methods: { POST: cancelJob(deps) } },
    { path: "/v1/jobs/:id/pause", methods: { POST: pauseJob(deps) } },
    { path: "/v1/jobs/:id/resume", methods: { POST: resumeJob(deps) } },
    { path: "/v1/jobs/:id/retry", methods: { POST: retryJob(deps) } },
    { path: "/v1/jobs/:id/compare/:other", methods: { GET: compareTwoJobs(deps) } },
    { path: "/v1/jobs/:id/results/:name", methods: { GET: getResult(deps) } },
  ];
  const models: Route[] = [
    { path: "/v1/models", methods: { GET: listModels(deps), POST: postModel(deps) } },
    { path: "/v1/models/:name", methods: { GET: getModel(deps) } },
    { path: "/v1/models/:name/aliases/:alias", methods: { POST: setAlias(deps) } },
    { path: "/v1/models/:name/rollback", methods: { POST: rollBackModel(deps) } },
    {
      path: "/v1/models/:name/versions/:version",
      methods: { GET: getVersion(deps), DELETE: deleteVersion(deps) },
    },
    {
      path: "/v1/models/:name/versions/:version/quarantine",
      methods: { DELETE: deleteQuarantine(deps) },
    },
    { path: "/v1/models/:name/versions/:version/metrics", methods: { POST: postMetrics(deps) } },
  ];
  const service: Route[] = [
    { path: "/healthz/live", methods: { GET: getLive } },
    { path: "/healthz/ready", methods: { GET: getReady(deps.ready) } },
    { path: "/runbooks", methods: { GET: listRunbooks } },
    { path: "/runbooks/:name", methods: { GET: getRunbook } },
    { path: "/metrics", methods: { GET: getMetrics(deps.metrics) } },
  ];
  const index = getIndex(endpointsOf([...jobs, ...models, ...service]));
  const root: Route[] = ["/", "/v1"].map((path) => ({ path, methods: { GET: index } }));
  addRoutes(app, [...root, ...jobs, ...models, ...service], track);
  app.use(problemAnswer(deps.logger));
  return app;
}

const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set(SECURITY_HEADERS);
  next();
};

/** Answers 503 at once while the queue is away, instead of letting every request wait for it. */
function whileReady(ready: ApiDeps["ready"]): RequestHandler {
  return async (_request, _response, next) => {
    if (!(await isReady(ready))) throw unavailable();
    next();
  };
}
