import { once } from "node:events";
import { pipeline } from "node:stream/promises";
import {
  bounded,
  BOUNDS,
  isTerminal,
  type JobId,
  type JobResult,
  type Operations,
  ProblemError,
} from "@framequeue/contracts";
import { mediaTypeOf, namesMade, requestedFormat } from "@framequeue/outputs";
import { jobNotFound } from "@framequeue/pipeline";
import { contentPolicy } from "@framequeue/service";
import type { ByteRange, ObjectStore } from "@framequeue/storage";
import type { Response } from "express";
import type { ApiDeps } from "../deps.ts";
import { namesEtag, parseByteRange } from "../http/byte-range.ts";
import { ClientGone } from "../http/client-gone.ts";
import { inTime } from "../http/deadline.ts";
import type { Handler } from "../http/handler.ts";
import { HttpProblem } from "../http/problem-answer.ts";
import { derivedResult } from "../jobs/derived-result.ts";

/** For whom what they asked for is being made. */
const RETRY_SECONDS = "1";

type Deps = Pick<ApiDeps, "jobs" | "objects" | "derivations">;

/** A browser shows a video or a picture in a page that it makes of it, with styles of its own. */
const SHOWN_POLICY = contentPolicy({
  "img-src": "'self'",
  "media-src": "'self'",
  "style-src": "'unsafe-inline'",
});

/** A result file, whole or one range of it. One that is made on request is made for the first who asks. */
export function getResult(deps: Deps): Handler<Operations["getResult"]> {
  return async ({ params: { id, name }, query, headers: asked }) => {
    const result = await findResult(deps, id);
    const format = requestedFormat(name);
    const artifact =
      format === undefined || isEmpty(result)
        ? artifactOf(result, name)
        : await derivedResult(deps, result, format, query);
    if (artifact === undefined) {
      const detail = `${name} is being made; ask again.`;
      return {
        status: 202,
        headers: { "retry-after": RETRY_SECONDS },
        json: { job: id, name, detail },
      };
    }
    if (format === undefined) await deps.jobs.checkArtifact(id, name, artifact);
    const { bytes, key, sha256 } = artifact;
    const etag = `"${sha256}"`;
    const type = mediaTypeOf(name);
    const headers = {
      etag,
      "accept-ranges": "bytes",
      "cache-control": "private, no-cache",
      "content-disposition": `inline; filename="${name}"`,
      "content-security-policy": /^(image|video)\//.test(type) ? SHOWN_POLICY : contentPolicy(),
    };
    if (namesEtag(asked["if-none-match"], etag)) return { status: 304, headers };
    const condition = asked["if-range"];
    const range =
      condition === undefined || condition === etag
        ? parseByteRange(asked.range, bytes)
        : undefined;
    if (range === "outside") {
      throw new HttpProblem(
        "range-not-satisfiable",
        `${name} has ${bytes} bytes; the range lies outside.`,
        { at: "Range" },
        { "content-range": `bytes */${bytes}` },
      );
    }
    const length = String(range ? range.end - range.start + 1 : bytes);
    const answer = {
      type,
      write: (response: Response) => send(deps.objects, key, range, length, response),
    };
    if (range === undefined) {
      return { ...answer, status: 200, headers: { ...headers, "content-length": length } };
    }
    const place = `bytes ${range.start}-${range.end}/${bytes}`;
    return {
      ...answer,
      status: 206,
      headers: { ...headers, "content-length": length, "content-range": place },
    };
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

async function send(
  objects: ObjectStore,
  key: string,
  range: ByteRange | undefined,
  length: string,
  response: Response,
): Promise<void> {
  if (length === "0") {
    response.end();
    return;
  }
  const body = objects.read(key, range);
  // A missing object shows before the first byte, while there is still a problem to answer with.
  await once(body, "readable");
  try {
    await pipeline(body, response);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    throw code === "ERR_STREAM_PREMATURE_CLOSE" ? new ClientGone() : error;
  }
}
