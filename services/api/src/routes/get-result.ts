import { once } from "node:events";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  bounded,
  BOUNDS,
  isTerminal,
  type JobId,
  type JobResult,
  ProblemError,
} from "@framequeue/contracts";
import { mediaTypeOf, namesMade, requestedFormat } from "@framequeue/outputs";
import { jobNotFound } from "@framequeue/pipeline";
import { contentPolicy } from "@framequeue/service";
import type { Request, Response } from "express";
import { namesEtag, parseByteRange } from "../http/byte-range.ts";
import { ClientGone } from "../http/client-gone.ts";
import { inTime } from "../http/deadline.ts";
import type { ApiDeps } from "../deps.ts";
import { derivedResult } from "../jobs/derived-result.ts";
import { jobIdOf } from "../jobs/job-id.ts";

/** For whom what they asked for is being made. */
const RETRY_SECONDS = 1;

type Deps = Pick<ApiDeps, "jobs" | "objects" | "derivations">;

/** A browser shows a video or a picture in a page that it makes of it, with styles of its own. */
const SHOWN_POLICY = contentPolicy({
  "img-src": "'self'",
  "media-src": "'self'",
  "style-src": "'unsafe-inline'",
});

/**
 * `GET|HEAD /v1/jobs/{id}/results/{name}`: a result file, whole or one range of it. One that is made on request is made for
 * the first who asks.
 */
export function getResult(deps: Deps) {
  return async (request: Request, response: Response): Promise<void> => {
    const name = String(request.params["name"]);
    const id = jobIdOf(request);
    const result = await findResult(deps, id);
    const format = requestedFormat(name);
    const artifact =
      format === undefined || isEmpty(result)
        ? artifactOf(result, name)
        : await derivedResult(deps, result, format, request.query);
    if (artifact === undefined) {
      response.status(202).set("retry-after", String(RETRY_SECONDS));
      response.json({ job: id, name, detail: `${name} is being made; ask again.` });
      return;
    }
    if (format === undefined) await deps.jobs.checkArtifact(id, name, artifact);
    const etag = `"${artifact.sha256}"`;
    response.set({
      etag,
      "accept-ranges": "bytes",
      "cache-control": "private, no-cache",
      "content-type": mediaTypeOf(name),
      "content-disposition": `inline; filename="${name}"`,
    });
    if (/^(image|video)\//.test(String(response.get("content-type")))) {
      response.set("content-security-policy", SHOWN_POLICY);
    }
    if (namesEtag(request.get("if-none-match"), etag)) {
      response.status(304).end();
      return;
    }
    const condition = request.get("if-range");
    const range =
      condition === undefined || condition === etag
        ? parseByteRange(request.get("range"), artifact.bytes)
        : undefined;
    if (range === "outside") {
      response.set("content-range", `bytes */${artifact.bytes}`);
      throw new ProblemError(
        "range-not-satisfiable",
        `${name} has ${artifact.bytes} bytes; the range lies outside.`,
        { at: "Range" },
      );
    }
    response.status(range === undefined ? 200 : 206);
    response.set("content-length", String(range ? range.end - range.start + 1 : artifact.bytes));
    if (range !== undefined) {
      response.set("content-range", `bytes ${range.start}-${range.end}/${artifact.bytes}`);
    }
    if (request.method === "HEAD" || artifact.bytes === 0) response.end();
    else await send(deps.objects.read(artifact.key, range), response);
  };
}

async function findResult({ jobs }: Deps, id: JobId): Promise<JobResult> {
  const result = await inTime(jobs.result(id));
  if (result !== undefined) return result;
  const view = await inTime(jobs.view(id));
  if (view === undefined) throw jobNotFound(id);
  if (view.state === "succeeded" || view.state === "succeeded_with_warnings") {
    throw new ProblemError(
      "result-damaged",
      `What job ${id} came to is gone from the object store. Put it back from a backup; or POST /v1/jobs/${id}/retry, which makes it again.`,
      { at: "name" },
    );
  }
  if (isTerminal(view.state)) {
    throw new ProblemError("not-found", `Job ${id} was ${view.state} and has no results.`, {
      at: "name",
    });
  }
  throw new ProblemError(
    "result-not-ready",
    `Job ${id} is ${view.state}; its results come when it has ended. /v1/jobs/${id}/events tells.`,
  );
}

function isEmpty({ artifacts }: JobResult): boolean {
  return Object.keys(artifacts).length === 0;
}

function artifactOf({ job, state, artifacts }: JobResult, name: string) {
  const artifact = Object.hasOwn(artifacts, name) ? artifacts[name] : undefined;
  if (artifact !== undefined) return artifact;
  const names = Object.keys(artifacts);
  throw new ProblemError(
    "not-found",
    names.length === 0
      ? `Job ${job} has ${state} and has no results.`
      : `Job ${job} has no result ${JSON.stringify(bounded(name, BOUNDS.name))}. There are: ${names.join(", ")}; and made on request: ${namesMade("request").join(", ")}.`,
    { at: "name" },
  );
}

async function send(body: Readable, response: Response): Promise<void> {
  // A missing object shows before the first byte, while there is still a problem to answer with.
  await once(body, "readable");
  try {
    await pipeline(body, response);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    throw code === "ERR_STREAM_PREMATURE_CLOSE" ? new ClientGone() : error;
  }
}
