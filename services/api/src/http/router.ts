import { ProblemError } from "@framequeue/contracts";
import type { Express, Request, Response } from "express";

export type Handler = (request: Request, response: Response) => void | Promise<void>;

/** What a path answers, by method; GET answers HEAD too. */
export interface Route {
  readonly path: string;
  readonly methods: {
    readonly GET?: Handler;
    readonly POST?: Handler;
    readonly DELETE?: Handler;
  };
}

/** Label of requests that no route takes. */
export const UNMATCHED = "unmatched";

/**
 * Adds the routes, 405 with `Allow` for their other methods, and 404 for everything else. `track` is given every
 * answer in the making.
 */
export function addRoutes(
  app: Express,
  routes: readonly Route[],
  track: (work: Promise<void>) => void,
): void {
  for (const route of routes) {
    app.all(route.path, (request, response, next) => {
      response.locals["route"] = route.path;
      const work = answer(route, request, response);
      track(work);
      // oxlint-disable-next-line promise/no-callback-in-promise -- the way to the error handler in Express
      work.catch(next);
    });
  }
  app.use((request) => {
    throw new ProblemError(
      "not-found",
      `There is no ${request.path.slice(0, 200)}; GET / lists what there is.`,
    );
  });
}

async function answer({ methods }: Route, request: Request, response: Response): Promise<void> {
  const { method } = request;
  if (method === "POST" && methods.POST !== undefined) return methods.POST(request, response);
  if (method === "DELETE" && methods.DELETE !== undefined) return methods.DELETE(request, response);
  if ((method === "GET" || method === "HEAD") && methods.GET !== undefined) {
    return methods.GET(request, response);
  }
  const allowed = [
    ...(methods.GET === undefined ? [] : ["GET", "HEAD"]),
    ...(methods.POST === undefined ? [] : ["POST"]),
    ...(methods.DELETE === undefined ? [] : ["DELETE"]),
  ];
  response.set("allow", [...allowed, "OPTIONS"].join(", "));
  if (method === "OPTIONS") {
    response.status(204).end();
    return;
  }
  throw new ProblemError(
    "method-not-allowed",
    `${request.path.slice(0, 200)} takes ${allowed.join(", ")}, not ${method}.`,
  );
}

/** The routes as the index shows them: `POST /v1/jobs`. */
export function endpointsOf(routes: readonly Route[]): string[] {
  return routes.flatMap(({ path, methods }) =>
    Object.keys(methods).map((method) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`),
  );
}
