import { z } from "zod";
import { bounded, BOUNDS, listed } from "./bounds.ts";

/**
 * Whose fault a problem is. `caller`: what was asked for cannot be had; `input`: a source or a model that cannot be worked
 * with; `work`: it happened while working, and may happen again with the same frames, so that attempts are counted;
 * `outage`: what the work needs is full, away or broken, which says nothing about the work.
 */
export type Blame = "caller" | "input" | "work" | "outage";

/**
 * Every way in which a request or a job can fail, by its stable code. `status` is the HTTP status of an answer;
 * `retryable` says whether the same work may succeed later without anybody changing anything.
 */
export const PROBLEMS = {
  "invalid-request": {
    status: 400,
    title: "The request is not valid",
    retryable: false,
    blame: "caller",
  },
  "invalid-json": {
    status: 400,
    title: "The body is not valid JSON",
    retryable: false,
    blame: "caller",
  },
  "unknown-option": {
    status: 400,
    title: "There is no such option",
    retryable: false,
    blame: "caller",
  },
  unauthorized: { status: 401, title: "A key is needed", retryable: false, blame: "caller" },
  "not-found": { status: 404, title: "There is nothing here", retryable: false, blame: "caller" },
  "job-not-found": {
    status: 404,
    title: "There is no such job",
    retryable: false,
    blame: "caller",
  },
  "result-not-ready": {
    status: 409,
    title: "The result is not there yet",
    retryable: true,
    blame: "caller",
  },
  "job-ended": { status: 409, title: "The job has ended", retryable: false, blame: "caller" },
  "job-running": { status: 409, title: "The job has not ended", retryable: true, blame: "caller" },
  "record-damaged": {
    status: 409,
    title: "The job's record is damaged",
    retryable: true,
    blame: "outage",
  },
  "result-damaged": {
    status: 409,
    title: "The result is damaged",
    retryable: false,
    blame: "outage",
  },
  "method-not-allowed": {
    status: 405,
    title: "The method is not allowed here",
    retryable: false,
    blame: "caller",
  },
  "range-not-satisfiable": {
    status: 416,
    title: "The range lies outside the file",
    retryable: false,
    blame: "caller",
  },
  "payload-too-large": {
    status: 413,
    title: "The upload is too large",
    retryable: false,
    blame: "caller",
  },
  "unsupported-media-type": {
    status: 415,
    title: "The content type is not supported",
    retryable: false,
    blame: "caller",
  },
  "source-not-found": {
    status: 422,
    title: "The source does not exist",
    retryable: false,
    blame: "input",
  },
  "source-forbidden": {
    status: 422,
    title: "The source may not be read",
    retryable: false,
    blame: "input",
  },
  "source-unreachable": {
    status: 422,
    title: "The source cannot be fetched",
    retryable: false,
    blame: "input",
  },
  "source-empty": { status: 422, title: "The source is empty", retryable: false, blame: "input" },
  "source-not-video": {
    status: 422,
    title: "The source is not a video",
    retryable: false,
    blame: "input",
  },
  "source-no-video-stream": {
    status: 422,
    title: "The source has no video stream",
    retryable: false,
    blame: "input",
  },
  "source-damaged": {
    status: 422,
    title: "Nothing can be decoded from the source",
    retryable: false,
    blame: "input",
  },
  "source-unsupported": {
    status: 422,
    title: "The source cannot be decoded here",
    retryable: false,
    blame: "input",
  },
  "source-changed": {
    status: 422,
    title: "The source changed since it was accepted",
    retryable: false,
    blame: "input",
  },
  "source-too-large": {
    status: 422,
    title: "The source is over a limit",
    retryable: false,
    blame: "input",
  },
  "model-not-found": {
    status: 422,
    title: "There is no such model",
    retryable: false,
    blame: "caller",
  },
  "model-unreachable": {
    status: 422,
    title: "The model cannot be fetched",
    retryable: false,
    blame: "input",
  },
  "model-invalid": {
    status: 422,
    title: "The model cannot be used",
    retryable: false,
    blame: "input",
  },
  "model-too-slow": {
    status: 422,
    title: "The model takes too long",
    retryable: false,
    blame: "input",
  },
  "model-too-large": {
    status: 422,
    title: "The model takes too much memory",
    retryable: false,
    blame: "input",
  },
  "model-quarantined": {
    status: 422,
    title: "The model is in quarantine",
    retryable: false,
    blame: "caller",
  },
  "model-check-busy": {
    status: 503,
    title: "Other models are being tried",
    retryable: true,
    blame: "caller",
  },
  "model-busy": {
    status: 409,
    title: "The model is being changed",
    retryable: true,
    blame: "caller",
  },
  "model-exists": {
    status: 409,
    title: "Another model has that place",
    retryable: false,
    blame: "caller",
  },
  "model-in-use": { status: 409, title: "The model is in use", retryable: true, blame: "caller" },
  "model-not-ready": {
    status: 503,
    title: "The model was not loaded in time",
    retryable: true,
    blame: "caller",
  },
  "model-damaged": {
    status: 422,
    title: "The stored model is damaged",
    retryable: false,
    blame: "input",
  },
  "manifest-invalid": {
    status: 422,
    title: "The model's manifest is not valid",
    retryable: false,
    blame: "caller",
  },
  "provider-unavailable": {
    status: 500,
    title: "No execution provider can be used",
    retryable: false,
    blame: "outage",
  },
  "frame-undecodable": {
    status: 500,
    title: "Frames could not be decoded",
    retryable: true,
    blame: "work",
  },
  "inference-failed": {
    status: 500,
    title: "The model failed on a frame",
    retryable: true,
    blame: "work",
  },
  "render-failed": {
    status: 500,
    title: "The annotated video could not be written",
    retryable: true,
    blame: "work",
  },
  "store-full": { status: 507, title: "The store is full", retryable: true, blame: "outage" },
  "store-unreliable": {
    status: 500,
    title: "The store loses or damages what it holds",
    retryable: false,
    blame: "outage",
  },
  "store-unavailable": {
    status: 503,
    title: "The store cannot be reached",
    retryable: true,
    blame: "outage",
  },
  "queue-unavailable": {
    status: 503,
    title: "The queue cannot be reached",
    retryable: true,
    blame: "outage",
  },
  "shutting-down": {
    status: 503,
    title: "The service is stopping",
    retryable: true,
    blame: "outage",
  },
  internal: { status: 500, title: "Something went wrong", retryable: true, blame: "work" },
} as const satisfies Record<
  string,
  { status: number; title: string; retryable: boolean; blame: Blame }
>;

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
