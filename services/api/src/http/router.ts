import { type Operation, ProblemError } from "@framequeue/contracts";
import type { Express, Request, Response } from "express";
import { checkAnswer } from "./answer-check.ts";
import type { AnyAnswer, AnyHandler, Handlers } from "./handler.ts";
import { readInput } from "./read-input.ts";

/** Label of requests that no operation takes. */
export const UNMATCHED = "unmatched";

export interface RouterOptions {
  /** Is given every answer in the making; it may reject. */
  readonly track: (work: Promise<void>) => void;
  /** Whether an answer that is not as its operation declares it is an error. */
  readonly checkAnswers: boolean;
}

/** An operation with what does it. */
interface Served {
  readonly id: string;
  readonly operation: Operation;
  readonly handler: AnyHandler;
}

/** Serves the operations, answers 405 with `Allow` for other methods of their paths, and 404 for everything else. */
export function serveOperations<Table extends Readonly<Record<string, Operation>>>(
  app: Express,
  table: Table,
  handlers: Handlers<Table>,
  { track, checkAnswers }: RouterOptions,
): void {
  const all = Object.entries(table).map(([id, operation]): Served => ({
    id,
    operation,
    handler: handlers[id] as unknown as AnyHandler,
  }));
  for (const [path, served] of Map.groupBy(all, ({ operation }) => operation.path)) {
    const route = path.replace(/\{(\w+)\}/g, ":$1");
    app.all(route, (request, response, next) => {
      response.locals["route"] = route;
      const work = answer(served, request, response, checkAnswers);
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

async function answer(
  served: readonly Served[],
  request: Request,
  response: Response,
  check: boolean,
): Promise<void> {
  const method = request.method === "HEAD" ? "GET" : request.method;
  const found = served.find(({ operation }) => operation.method === method);
  if (found === undefined) {
    answerOtherMethod(served, request, response);
    return;
  }
  const { id, operation, handler } = found;
  response.locals["operation"] = { id, operation };
  const given = await handler(await readInput(operation, request, response));
  if (check) checkAnswer(id, operation, given);
  await send(operation, given, request, response);
}

function answerOtherMethod(served: readonly Served[], request: Request, response: Response): void {
  const allowed = served.flatMap(({ operation: { method } }) =>
    method === "GET" ? ["GET", "HEAD"] : [method],
  );
  response.set("allow", [...allowed, "OPTIONS"].join(", "));
  if (request.method === "OPTIONS") {
    response.status(204).end();
    return;
  }
  throw new ProblemError(
    "method-not-allowed",
    `${request.path.slice(0, 200)} takes ${allowed.join(", ")}, not ${request.method}.`,
  );
}

async function send(
  { answers }: Operation,
  { status, headers, json, text, type, write }: AnyAnswer,
  request: Request,
  response: Response,
): Promise<void> {
  const declared = answers[status];
  response.status(status).set(headers ?? {});
  if (json !== undefined) {
    response.json(json);
  } else if (declared?.kind === "text") {
    response.set("content-type", declared.mediaType).send(text);
  } else if (declared?.kind === "stream" && write !== undefined) {
    response.set("content-type", type ?? declared.mediaTypes[0]);
    if (request.method === "HEAD") response.end();
    else await write(response);
  } else {
    response.end();
  }
}
