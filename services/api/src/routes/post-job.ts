import {
  acceptJob,
  checkLabels,
  checkModels,
  type JobId,
  jobRequestSchema,
  type ModelRef,
  namesLabels,
  newJobId,
  ProblemError,
  type Source,
  type StoredSource,
  type UploadOptions,
  uploadOptionsSchema,
} from "@framequeue/contracts";
import { objectKeys, readManifest } from "@framequeue/pipeline";
import type { Request, Response } from "express";
import { JSON_LIMIT_BYTES, jsonTooLarge, refuseOversized } from "../http/body-bounds.ts";
import { throwIfGone } from "../http/client-gone.ts";
import { inTime } from "../http/deadline.ts";
import type { ApiDeps } from "../deps.ts";
import { checked, jsonReader } from "../http/json-body.ts";
import type { ModelPlace } from "../models/model-resolver.ts";
import { jsonFault } from "../http/request-problem.ts";
import { displayName, urlSourceName } from "../jobs/source-name.ts";
import { sourceOfPath } from "../jobs/source-path.ts";
import { receiveUpload, type UploadForm } from "../http/upload.ts";

type Deps = Pick<ApiDeps, "jobs" | "objects" | "resolveModel" | "sourceRoots" | "uploadLimitBytes">;

/** How long an answer waits for what was stored to be taken back. */
const WITHDRAW_MS = 2_000;

const FORM: UploadForm = {
  what: "video",
  example: "video.mp4",
  empty: "source-empty",
  fields: { options: "JSON" },
};

interface Submission {
  readonly id: JobId;
  /** Fires when the client has been answered with an error. */
  readonly signal: AbortSignal;
  /** W3C `traceparent`, so that the client's trace and the job's can be found from each other. */
  readonly askedBy: string | undefined;
}

/** `POST /v1/jobs`: takes a job in, from JSON that names a source or from a form that carries it. */
export function postJob(deps: Deps) {
  const readJson = jsonReader();
  return async (request: Request, response: Response): Promise<void> => {
    throwIfGone(request);
    const id = newJobId();
    const givenUp = new AbortController();
    const submission: Submission = {
      id,
      signal: givenUp.signal,
      askedBy: request.get("traceparent"),
    };
    try {
      if (typeof request.is("multipart/form-data") === "string")
        await acceptUpload(deps, request, submission);
      else await acceptRequest(deps, await readJson(request, response), submission);
    } catch (error) {
      givenUp.abort(error);
      // The answer is about what failed first; where Redis is away, this is done when it is back.
      await inTime(deps.jobs.withdraw(id), WITHDRAW_MS).catch(() => {});
      throw error;
    }
    const view = await inTime(deps.jobs.view(id));
    response.status(202).location(`/v1/jobs/${id}`).json(view);
  };
}

async function acceptUpload(deps: Deps, request: Request, submission: Submission): Promise<void> {
  const { objects, uploadLimitBytes } = deps;
  let key = "";
  let sha256 = "";
  let said: UploadOptions | undefined;
  const upload = await receiveUpload(request, FORM, {
    save: async (file, name, signal) => {
      // What the options before the file say is refused before the file is taken in.
      if (said !== undefined) await resolveModels(deps, submission.id, said);
      key = objectKeys.source(submission.id, name);
      const stored = await objects.putStream(key, file, { limitBytes: uploadLimitBytes, signal });
      sha256 = stored.sha256;
      return stored;
    },
    checkField: (_field, text) => void (said = parseOptions(text)),
  });
  await submit(deps, submission, said ?? parseOptions("{}"), {
    kind: "object",
    key,
    name: upload.name,
    sha256,
  });
}

function parseOptions(text: string): UploadOptions {
  if (Buffer.byteLength(text) > JSON_LIMIT_BYTES)
    throw jsonTooLarge("The field options", "options");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ProblemError("invalid-json", `The field options is not JSON: ${jsonFault(error)}.`, {
      at: "options",
    });
  }
  refuseOversized(value, "options");
  return checked(uploadOptionsSchema, value, "options");
}

async function acceptRequest(deps: Deps, body: unknown, submission: Submission): Promise<void> {
  const { source, ...options } = checked(jobRequestSchema, body, "body");
  await submit(deps, submission, options, await locate(source, deps.sourceRoots));
}

async function locate(source: Source, roots: readonly string[]): Promise<StoredSource> {
  if ("path" in source) return sourceOfPath(source.path, roots);
  return { kind: "url", url: source.url, name: urlSourceName(source.url) };
}

/**
 * The versions of the models that the job gets.
 *
 * @throws ProblemError where there is none of a name, they do not go together, or the job names a label that its own
 * model does not have
 */
async function resolveModels(
  { objects, resolveModel }: Deps,
  id: JobId,
  { model, classifier, segmenter, embedder, ...job }: UploadOptions,
): Promise<ModelRef[]> {
  const beside = Object.entries({ classifier, segmenter, embedder }) as [
    Exclude<ModelPlace, "model">,
    string | undefined,
  ][];
  const own = await resolveModel(model, id);
  const models = [own];
  for (const [place, name] of beside) {
    if (name !== undefined) models.push(await resolveModel(name, id, place));
  }
  checkModels(job.options, models);
  if (namesLabels(job)) {
    const manifest = await inTime(readManifest(objects, own));
    checkLabels(job, own.name, (manifest as { labels?: string[] }).labels ?? []);
  }
  return models;
}

async function submit(
  deps: Deps,
  { id, signal, askedBy }: Submission,
  request: UploadOptions,
  source: StoredSource,
): Promise<void> {
  const models = await resolveModels(deps, id, request);
  const job = acceptJob({
    ...request,
    id,
    source: { ...source, name: displayName(source.name, "source") },
    models,
  });
  await inTime(deps.jobs.submit(job, signal, askedBy));
}
