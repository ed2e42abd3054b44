import { ProblemError } from "@framequeue/contracts";
import express, { type Request, type Response } from "express";
import type { z } from "zod";
import { JSON_LIMIT_BYTES, jsonTooLarge, refuseOversized } from "./body-bounds.ts";
import { requestProblem } from "./request-problem.ts";

/** The value as the schema has it. Throws `invalid-request` or `unknown-option` with every fault. */
export function checked<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const result = schema.safeParse(value);
  if (!result.success) throw requestProblem(result.error, what);
  return result.data;
}

/**
 * Reads a JSON body of at most `JSON_LIMIT_BYTES`; any other content type is `unsupported-media-type`. A larger one is
 * refused as soon as that is known: by what its header says, else by the first byte too many.
 */
export function jsonReader() {
  const read = express.json({ limit: JSON_LIMIT_BYTES, strict: false, type: "application/json" });
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
    const tooLarge = jsonTooLarge("A JSON body");
    if (Number(request.headers["content-length"] ?? 0) > JSON_LIMIT_BYTES) throw tooLarge;
    // Express tells of a body that is too large only when it has read the whole of it.
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > JSON_LIMIT_BYTES) reject(tooLarge);
    });
    read(request, response, (error: unknown) => (error === undefined ? resolve() : reject(error)));
    await promise;
    refuseOversized(request.body, "body");
    return request.body as unknown;
  };
}
