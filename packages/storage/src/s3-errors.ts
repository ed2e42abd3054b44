import { ProblemError } from "@framequeue/contracts";

/** What the SDK throws: a name, which is S3's error code, and the HTTP answer where there was one. */
interface S3Fault {
  readonly name: string;
  readonly message: string;
  /** Of a connection, such as `ECONNRESET`. */
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const FULL = new Set([
  "QuotaExceeded",
  "ServiceQuotaExceeded",
  "InsufficientStorage",
  "XMinioStorageFull",
  "EntityTooLarge",
]);

const CONNECTION = new Set([
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
]);

/** An object that is not there, as opposed to a bucket that is not. */
export function isMissing(error: unknown): boolean {
  if (!isFault(error) || error.name === "NoSuchBucket") return false;
  return (
    error.name === "NoSuchKey" ||
    error.name === "NotFound" ||
    // Where there cannot be an object there is none.
    error.name === "KeyTooLongError" ||
    error.$metadata?.httpStatusCode === 404
  );
}

/** Whether the server answered at all, as opposed to a connection that broke. */
export function isAnswer(error: unknown): boolean {
  return error instanceof Error && "$metadata" in error && "$fault" in error;
}

/** Everything else that comes of asking the store, as the problem that it is for a stage: it waits and tries again. */
export function storeProblem(error: unknown): unknown {
  if (!isFault(error) || error.name === "AbortError" || !ofStore(error)) return error;
  if (FULL.has(error.name) || error.$metadata?.httpStatusCode === 507) {
    return new ProblemError("store-full", "The object store has no room left; free some space.", {
      cause: error,
    });
  }
  const what = error.name === "Error" ? (error.code ?? error.message) : error.name;
  return new ProblemError("store-unavailable", `The object store answers ${what}.`, {
    cause: error,
  });
}

/** What the SDK was told, what it could not find out, and what happened to its connections; not faults of files. */
function ofStore(error: S3Fault): boolean {
  return (
    "$metadata" in error ||
    ["TimeoutError", "CredentialsProviderError"].includes(error.name) ||
    (error.code !== undefined && CONNECTION.has(error.code) && !(error instanceof ProblemError))
  );
}

function isFault(error: unknown): error is S3Fault {
  return error instanceof Error;
}
