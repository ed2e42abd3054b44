import { randomUUID } from "node:crypto";
import { type Logger, observeHttp, type Registry } from "@framequeue/service";
import type { RequestHandler } from "express";
import { UNMATCHED } from "./router.ts";

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** Gives each request an id (the client's own where it is harmless), and counts, times and logs its end. */
export function observeRequests(deps: {
  readonly logger: Logger;
  readonly metrics: Registry;
}): RequestHandler {
  const observe = observeHttp(deps.metrics);
  return (request, response, next) => {
    const started = performance.now();
    const given = request.get("x-request-id") ?? "";
    const requestId = REQUEST_ID.test(given) ? given : randomUUID();
    response.set("x-request-id", requestId);
    // The path is read now: Express changes it while it routes. The query stays out of the log.
    const { method, path } = request;
    response.once("close", () => {
      const route = (response.locals["route"] as string | undefined) ?? UNMATCHED;
      const seconds = (performance.now() - started) / 1000;
      // 499: the client went before the answer began.
      const status = response.headersSent ? response.statusCode : 499;
      observe({ method, route, status, seconds });
      deps.logger.debug({ requestId, method, path, status, seconds }, "request");
    });
    next();
  };
}
