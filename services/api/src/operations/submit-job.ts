import {
  acceptJob,
  checkLabels,
  checkModels,
  type JobId,
  type JobRequest,
  type ModelRef,
  namesLabels,
  newJobId,
  type Operations,
  type Source,
  type StoredSource,
  type UploadOptions,
  uploadOptionsSchema,
} from "@framequeue/contracts";
import { jobNotFound, objectKeys, readManifest } from "@framequeue/pipeline";
import type { ApiDeps } from "../deps.ts";
import { inTime } from "../http/deadline.ts";
import type { Handler, Input } from "../http/handler.ts";
import { displayName, urlSourceName } from "../jobs/source-name.ts";
import { sourceOfPath } from "../jobs/source-path.ts";
import type { ModelPlace } from "../models/model-resolver.ts";

type SubmitJob = Operations["submitJob"];
type Deps = Pick<ApiDeps, "jobs" | "objects" | "resolveModel" | "sourceRoots" | "uploadLimitBytes">;

/** How long an answer waits for what was stored to be taken back. */
const WITHDRAW_MS = 2_000;

interface Submission {
  readonly id: JobId;
  /** Fires when the client has been answered with an error. */
  readonly signal: AbortSignal;
  /** W3C `traceparent`, so that the client's trace and the job's can be found from each other. */
  readonly askedBy: string | undefined;
}

/** Takes a job in, from JSON that names a source or from a form that carries it. */
export function submitJob(deps: Deps): Handler<SubmitJob> {
  return async ({ headers, json, form }) => {
    const id = newJobId();
    const givenUp = new AbortController();
    const submission: Submission = { id, signal: givenUp.signal, askedBy: headers.traceparent };
    try {
      if (form === undefined) await acceptRequest(deps, json, submission);
      else await acceptUpload(deps, form, submission);
    } catch (error) {
      givenUp.abort(error);
      // The answer is about what failed first; where Redis is away, this is done when it is back.
      await inTime(deps.jobs.withdraw(id), WITHDRAW_MS).catch(() => {});
      throw error;
    }
    const view = await inTime(deps.jobs.view(id));
    if (view === undefined) throw jobNotFound(id);
    return { status: 202, headers: { location: `/v1/jobs/${id}` }, json: view };
  };
}

async function acceptUpload(
  deps: Deps,
  receive: NonNullable<Input<SubmitJob>["form"]>,
  submission: Submission,
): Promise<void> {
  const { objects, uploadLimitBytes } = deps;
  let key = "";
  let sha256 = "";
  const { name, fields } = await receive(async (file, name, { options }, signal) => {
    // What the options before the file say is refused before the file is taken in.
    if (options !== undefined) await resolveModels(deps, submission.id, options);
    key = objectKeys.source(submission.id, name);
    const stored = await objects.putStream(key, file, { limitBytes: uploadLimitBytes, signal });
    sha256 = stored.sha256;
    return stored;
  });
  const options = fields.options ?? uploadOptionsSchema.parse({});
  await submit(deps, submission, options, { kind: "object", key, name, sha256 });
}

async function acceptRequest(
  deps: Deps,
  { source, ...options }: JobRequest,
  submission: Submission,
): Promise<void> {
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
