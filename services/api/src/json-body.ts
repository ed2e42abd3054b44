import { ProblemError } from "@framequeue/contracts";
import express, { type Request, type Response } from "express";
import type { z } from "zod";
import { requestProblem } from "./request-problem.ts";

/** The value as the schema has it. Throws `invalid-request` or `unknown-option` with every fault. */
export function checked<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const result = schema.safeParse(value);
  if (!result.success) throw requestProblem(result.error, what);
  return result.data;
}

/** Reads a JSON body of at most 1 MB; any other content type is `unsupported-media-type`. */
export function jsonReader() {
  const read = express.json({ limit: 1_000_000, strict: false, type: "application/json" });
  return async (request: Request, response: Response): Promise<unknown> => {
    const matches = request.is("application/json");
    if (matches === null) {
      throw new ProblemError("invalid-request", "The request has no body.", { at: "body" });
    }
    if (matches === false) {
      const given = request.headers["content-type"] ?? "nothing";
      throw new ProblemError(
        "unsupported-media-type",
        `Send application/json or multipart/form-data; the request says ${given.slice(0, 100)}.`,
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    read(request, response, (error: unknown) => (error === undefined ? resolve() : reject(error)));
    await promise;
    return request.body as unknown;
  };
}
