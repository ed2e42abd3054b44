import { OPERATIONS } from "@framequeue/contracts";
import { isReady, SECURITY_HEADERS } from "@framequeue/service";
import express, { type Express, type RequestHandler } from "express";
import { localOnly, requireAdmin, requireKey } from "./auth/access.ts";
import type { ApiDeps } from "./deps.ts";
import { unavailable } from "./http/deadline.ts";
import { observeRequests } from "./http/observe-requests.ts";
import { problemAnswer } from "./http/problem-answer.ts";
import { serveOperations } from "./http/router.ts";
import { createJobWatch } from "./jobs/job-watch.ts";
import { jobHandlers } from "./operations/jobs.ts";
import { modelHandlers } from "./operations/models.ts";
import { resultHandlers } from "./operations/results.ts";
import { serviceHandlers } from "./operations/service.ts";
import { BOARD_PATH, queueBoard } from "./queue-board.ts";

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
  const { checkAnswers = false } = deps;
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

  const handlers = {
    ...jobHandlers({ ...deps, watch: createJobWatch(deps), stopping }),
    ...resultHandlers(deps),
    ...modelHandlers(deps),
    ...serviceHandlers(deps),
  };
  serveOperations(app, OPERATIONS, handlers, { track, checkAnswers });
  app.use(problemAnswer(deps.logger, checkAnswers));
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
