import { z } from "zod";
import { bounded, BOUNDS, listed } from "./bounds.ts";

/**
 * Every way in which a request or a job can fail, by its stable code. `status` is the HTTP status of an answer;
 * `retryable` says whether the same work may succeed later without anybody changing anything.
 */
export const PROBLEMS = {
  "invalid-request": { status: 400, title: "The request is not valid", retryable: false },
  "invalid-json": { status: 400, title: "The body is not valid JSON", retryable: false },
  "unknown-option": { status: 400, title: "There is no such option", retryable: false },
  unauthorized: { status: 401, title: "A key is needed", retryable: false },
  "not-found": { status: 404, title: "There is nothing here", retryable: false },
  "job-not-found": { status: 404, title: "There is no such job", retryable: false },
  "result-not-ready": { status: 409, title: "The result is not there yet", retryable: true },
  "job-ended": { status: 409, title: "The job has ended", retryable: false },
  "job-running": { status: 409, title: "The job has not ended", retryable: true },
  "record-damaged": { status: 409, title: "The job's record is damaged", retryable: true },
  "result-damaged": { status: 409, title: "The result is damaged", retryable: false },
  "method-not-allowed": { status: 405, title: "The method is not allowed here", retryable: false },
  "range-not-satisfiable": {
    status: 416,
    title: "The range lies outside the file",
    retryable: false,
  },
  "payload-too-large": { status: 413, title: "The upload is too large", retryable: false },
  "unsupported-media-type": {
    status: 415,
    title: "The content type is not supported",
    retryable: false,
  },
  "source-not-found": { status: 422, title: "The source does not exist", retryable: false },
  "source-forbidden": { status: 422, title: "The source may not be read", retryable: false },
  "source-unreachable": { status: 422, title: "The source cannot be fetched", retryable: false },
  "source-empty": { status: 422, title: "The source is empty", retryable: false },
  "source-not-video": { status: 422, title: "The source is not a video", retryable: false },
  "source-no-video-stream": {
    status: 422,
    title: "The source has no video stream",
    retryable: false,
  },
  "source-damaged": {
    status: 422,
    title: "Nothing can be decoded from the source",
    retryable: false,
  },
  "source-unsupported": {
    status: 422,
    title: "The source cannot be decoded here",
    retryable: false,
  },
  "source-changed": {
    status: 422,
    title: "The source changed since it was accepted",
    retryable: false,
  },
  "source-too-large": { status: 422, title: "The source is over a limit", retryable: false },
  "model-not-found": { status: 422, title: "There is no such model", retryable: false },
  "model-unreachable": { status: 422, title: "The model cannot be fetched", retryable: false },
  "model-invalid": { status: 422, title: "The model cannot be used", retryable: false },
  "model-too-slow": { status: 422, title: "The model takes too long", retryable: false },
  "model-too-large": { status: 422, title: "The model takes too much memory", retryable: false },
  "model-quarantined": { status: 422, title: "The model is in quarantine", retryable: false },
  "model-check-busy": { status: 503, title: "Other models are being tried", retryable: true },
  "model-busy": {
    status: 409,
    title: "The model is being changed",
    retryable: true,
  },
  "model-exists": { status: 409, title: "Another model has that place", retryable: false },
  "model-in-use": { status: 409, title: "The model is in use", retryable: true },
  "model-not-ready": {
    status: 503,
    title: "The model was not loaded in time",
    retryable: true,
  },
  "model-damaged": { status: 422, title: "The stored model is damaged", retryable: false },
  "manifest-invalid": { status: 422, title: "The model's manifest is not valid", retryable: false },
  "provider-unavailable": {
    status: 500,
    title: "No execution provider can be used",
    retryable: false,
  },
  "frame-undecodable": { status: 500, title: "Frames could not be decoded", retryable: true },
  "inference-failed": { status: 500, title: "The model failed on a frame", retryable: true },
  "render-failed": {
    status: 500,
    title: "The annotated video could not be written",
    retryable: true,
  },
  "store-full": { status: 507, title: "The store is full", retryable: true },
  "store-unreliable": {
    status: 500,
    title: "The store loses or damages what it holds",
    retryable: false,
  },
  "store-unavailable": { status: 503, title: "The store cannot be reached", retryable: true },
  "queue-unavailable": { status: 503, title: "The queue cannot be reached", retryable: true },
  "shutting-down": { status: 503, title: "The service is stopping", retryable: true },
  internal: { status: 500, title: "Something went wrong", retryable: true },
} as const satisfies Record<string, { status: number; title: string; retryable: boolean }>;

export type ProblemCode = keyof typeof PROBLEMS;

export const problemCodeSchema = z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]);

/** RFC 9457. The same object stands in HTTP answers (`application/problem+json`) and in job records. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: problemCodeSchema,
  detail: z.string(),
  /** The field of the request, or the file, that is at fault. */
  at: z.string().optional(),
  /** One entry per fault where there are several. */
  errors: z.array(z.object({ at: z.string(), detail: z.string() })).optional(),
});
export type Problem = z.infer<typeof problemSchema>;

export interface ProblemOptions {
  readonly at?: string;
  readonly errors?: readonly { at: string; detail: string }[];
  readonly cause?: unknown;
}

/**
 * The one error class of the product. `message` is the sentence that a user reads: what is wrong, and what to do. Its
 * texts and lists are cut to {@link BOUNDS}, so that a problem is small whatever it is about.
 */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly code: ProblemCode;
  readonly at: string | undefined;
  readonly errors: readonly { at: string; detail: string }[] | undefined;

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(bounded(detail), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.at = options.at === undefined ? undefined : bounded(options.at, BOUNDS.name);
    this.errors = options.errors?.slice(0, BOUNDS.entries).map((entry) => ({
      at: bounded(entry.at, BOUNDS.name),
      detail: bounded(entry.detail, BOUNDS.fault),
    }));
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }

  get retryable(): boolean {
    return PROBLEMS[this.code].retryable;
  }

  toProblem(): Problem {
    return {
      type: `urn:framequeue:problem:${this.code}`,
      title: PROBLEMS[this.code].title,
      status: this.status,
      code: this.code,
      detail: this.message,
      ...(this.at === undefined ? {} : { at: this.at }),
      ...(this.errors === undefined ? {} : { errors: this.errors.map((entry) => ({ ...entry })) }),
    };
  }
}

/** Any error as a problem. What is not one already is `internal`: its own text is for the log, not for the user. */
export function toProblemError(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  return new ProblemError("internal", "An unexpected error; the service's log has the details.", {
    cause: error,
  });
}

/** A zod error as an `invalid-request` that names every field at fault. */
export function invalid(code: ProblemCode, what: string, error: z.ZodError): ProblemError {
  const errors = error.issues.map((issue) => ({
    at: issue.path.map(String).join(".") || what,
    detail: issue.message,
  }));
  const first = errors[0];
  const detail = listed(
    errors.map(({ at, detail }) => `${at}: ${detail}`),
    "; ",
  );
  return new ProblemError(code, detail, { ...(first ? { at: first.at } : {}), errors });
}
