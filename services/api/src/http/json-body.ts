import { type Body, ProblemError } from "@framequeue/contracts";
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

/** What to send instead of what came. */
export function unsupported({ json, form }: Body, request: Request): ProblemError {
  const given = (request.headers["content-type"] ?? "nothing").slice(0, 100);
  const wanted = [
    ...(json === undefined ? [] : ["application/json"]),
    ...(form === undefined
      ? []
      : [
          `multipart/form-data${json === undefined ? ` (with curl: -F file=@${form.example})` : ""}`,
        ]),
  ];
  return new ProblemError(
    "unsupported-media-type",
    `Send ${wanted.join(" or ")}; the request says ${given}.`,
  );
}

const parse = express.json({ limit: JSON_LIMIT_BYTES, strict: false, type: "application/json" });

/**
 * Reads a JSON body of at most `JSON_LIMIT_BYTES`; any other content type is `unsupported-media-type`. A larger one is
 * refused as soon as that is known: by what its header says, else by the first byte too many.
 */
export async function readJson(body: Body, request: Request, response: Response): Promise<unknown> {
  const matches = request.is("application/json");
  if (matches === null) {
    throw new ProblemError("invalid-request", "The request has no body.", { at: "body" });
  }
  if (matches === false) throw unsupported(body, request);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const tooLarge = jsonTooLarge("A JSON body");
  if (Number(request.headers["content-length"] ?? 0) > JSON_LIMIT_BYTES) throw tooLarge;
  // Express tells of a body that is too large only when it has read the whole of it.
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > JSON_LIMIT_BYTES) reject(tooLarge);
  });
  parse(request, response, (error: unknown) => (error === undefined ? resolve() : reject(error)));
  await promise;
  refuseOversized(request.body, "body");
  return request.body as unknown;
}
