import {
  jsonFault,
  type Operation,
  type ProblemCode,
  ProblemError,
  type ProblemOptions,
  toProblemError,
} from "@framequeue/contracts";
import type { Logger } from "@framequeue/service";
import type { ErrorRequestHandler, Response } from "express";
import { checkProblem } from "./answer-check.ts";
import { jsonTooLarge } from "./body-bounds.ts";
import { ClientGone } from "./client-gone.ts";

/** Time for a client that is still sending to take note of the answer. */
const LINGER_MS = 5_000;
/** Bytes that are read of it meanwhile, to no use but that; then it can only wait for the end. */
const LINGER_BYTES = 67_108_864;

/** When it is worth another try, in seconds: room takes longer to come than a server that restarts. */
const RETRY_AFTER_S: Partial<Record<ProblemCode, number>> = {
  "store-full": 60,
  "store-unavailable": 5,
  "queue-unavailable": 5,
  "model-check-busy": 30,
  "shutting-down": 5,
};

/** A problem that says something in headers, too. */
export class HttpProblem extends ProblemError {
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    code: ProblemCode,
    detail: string,
    options: ProblemOptions,
    headers: Readonly<Record<string, string>>,
  ) {
    super(code, detail, options);
    this.headers = headers;
  }
}

/** The one place where an error becomes an HTTP answer (RFC 9457). Faults of our own are logged here, once. */
export function problemAnswer(logger: Logger, checkAnswers: boolean): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    if (error instanceof ClientGone) return;
    const told = toProblemError(httpProblem(error) ?? error);
    const problem = checkAnswers ? declared(told, response) : told;
    if (problem.status >= 500) {
      const fields = { code: problem.code, requestId: response.getHeader("x-request-id") };
      const level = problem.code === "internal" ? "error" : "warn";
      logger[level]({ ...fields, err: problem.cause ?? problem }, "request failed");
    }
    if (request.socket.destroyed) return;
    if (response.headersSent) {
      // Half an answer must not look like a whole one.
      request.socket.destroy();
      return;
    }
    // A client in the middle of its body is told at once, and may finish reading before the connection goes.
    if (!request.complete) lingerThenClose(response);
    for (const name of ["content-length", "content-disposition", "etag", "accept-ranges"]) {
      response.removeHeader(name);
    }
    if (problem instanceof HttpProblem) response.set(problem.headers);
    const retryAfter = RETRY_AFTER_S[problem.code];
    if (retryAfter !== undefined) response.set("retry-after", String(retryAfter));
    response
      .status(problem.status)
      .set("cache-control", "no-store")
      .type("application/problem+json")
      .send(`${JSON.stringify(problem.toProblem())}\n`);
  };
}

/** The problem, or in its place a fault of ours where the operation does not declare it. */
function declared(problem: ProblemError, { locals }: Response): ProblemError {
  const found = locals["operation"] as { id: string; operation: Operation } | undefined;
  try {
    if (found !== undefined) checkProblem(found.id, found.operation, problem.code);
    return problem;
  } catch (error) {
    return toProblemError(error);
  }
}

function lingerThenClose(response: Response): void {
  const { req: request } = response;
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > LINGER_BYTES) request.pause();
  });
  request.resume();
  response.once("finish", () => {
    const timer = setTimeout(() => {
      if (!request.complete) request.socket.destroy();
    }, LINGER_MS);
    timer.unref();
    request.once("close", () => clearTimeout(timer));
  });
}

/** Errors of Express and its body reader, by their `type` and `status`. */
function httpProblem(error: unknown): Error | undefined {
  if (error instanceof ProblemError || !(error instanceof Error)) return undefined;
  const { type, status } = error as { type?: string; status?: number };
  switch (type) {
    case "entity.parse.failed":
      return new ProblemError("invalid-json", `The body is not JSON: ${jsonFault(error)}.`);
    case "entity.too.large":
      return jsonTooLarge("A JSON body");
    case "encoding.unsupported":
    case "charset.unsupported":
      return new ProblemError("unsupported-media-type", "The body's encoding is not supported.");
    default:
      return status !== undefined && status >= 400 && status < 500
        ? new ProblemError("invalid-request", "The request is not well formed.", { cause: error })
        : undefined;
  }
}
