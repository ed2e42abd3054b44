import { bounded, type Operation, ProblemError } from "@framequeue/contracts";
import type { Request, Response } from "express";
import { ClientGone, throwIfGone } from "./client-gone.ts";
import type { AnyHandler } from "./handler.ts";
import { checked, readJson, unsupported } from "./json-body.ts";
import { receiveForm } from "./receive-form.ts";

/** Characters of what somebody asked for that an answer repeats. */
const REPEATED = 64;

/**
 * All that an operation declares of a request, valid. Only a form is left to be received: its file goes where the handler
 * wants it.
 *
 * @throws ProblemError for what is not as declared, naming the field
 */
export async function readInput(
  operation: Operation,
  request: Request,
  response: Response,
): Promise<Parameters<AnyHandler>[0]> {
  const { query, headers } = operation;
  const gone = new AbortController();
  response.once("close", () => gone.abort(new ClientGone()));
  return {
    params: paramsOf(operation, request),
    query: query && checked(query, request.query, "query"),
    headers: headers && checked(headers, request.headers, "headers"),
    signal: gone.signal,
    ...(await carried(operation, request, response)),
  };
}

function paramsOf({ params = {} }: Operation, request: Request): Record<string, unknown> {
  const entries = Object.entries(params).map(([name, { schema, absent, sentence }]) => {
    const text = String(request.params[name]);
    const value = schema.safeParse(text);
    if (value.success) return [name, value.data] as const;
    throw new ProblemError(absent, sentence(bounded(text, REPEATED)), { at: name });
  });
  return Object.fromEntries(entries);
}

async function carried(
  { body }: Operation,
  request: Request,
  response: Response,
): Promise<{ json?: unknown; form?: unknown }> {
  if (body === undefined) return {};
  throwIfGone(request);
  const { json, form } = body;
  if (form !== undefined && typeof request.is("multipart/form-data") === "string") {
    return { form: receiveForm(request, form) };
  }
  if (json === undefined) throw unsupported(body, request);
  return { json: checked(json, await readJson(body, request, response), "body") };
}
