import { setTimeout as sleep } from "node:timers/promises";
import { ProblemError } from "@framequeue/contracts";
import type { LeastRate } from "@framequeue/service";
import type { ObjectStore, StreamedObject } from "@framequeue/storage";
import type { AddressGuard } from "./address-guard.ts";
import { steadyBody, TooSlow } from "./steady-body.ts";
import { PassingFault, requestWeb, unreachable, type WebRequest } from "./web-request.ts";

/** What a server may ask of those who fetch from it. */
export interface FetchBounds {
  readonly limitBytes: number;
  /** Silence after which the server counts as gone, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** For the whole fetch with all its attempts, in milliseconds. */
  readonly timeoutMs: number;
  /** Of the file as it comes. Its window is also what the headers of an answer have, redirects included. */
  readonly leastRate: LeastRate;
}

export interface FetchOptions extends FetchBounds {
  /** Whether an address may be connected to. Asked after name resolution, and again for every redirect. */
  readonly mayConnect: AddressGuard;
  readonly signal: AbortSignal;
}

/**
 * 20 GiB in six hours are one MB a second. The window is long enough for a server that stutters, and short enough that
 * one that drips gives its place up soon.
 */
export const FETCH_BOUNDS: FetchBounds = {
  limitBytes: 20 * 2 ** 30,
  idleTimeoutMs: 30_000,
  timeoutMs: 6 * 3_600_000,
  leastRate: { bytesPerSecond: 32_768, windowMs: 60_000 },
};

const ATTEMPTS = 3;

/**
 * Streams a web source into the store. Throws `source-forbidden` for an address that may not be read,
 * `source-unreachable` when the server cannot be reached, refuses, or is too slow, `source-too-large` over the limit. No
 * message holds more of the URL than its host, since the rest may be a secret. When it is over, however that came about,
 * no connection is left.
 */
export async function fetchSource(
  objects: ObjectStore,
  key: string,
  url: string,
  options: FetchOptions,
): Promise<StreamedObject> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([options.signal, timeout]);
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetchOnce(objects, key, new URL(url), { ...options, signal });
    } catch (error) {
      options.signal.throwIfAborted();
      const fault = timeout.aborted ? tookTooLong(options) : problemOf(error, options);
      if (fault instanceof ProblemError) throw fault;
      if (timeout.aborted || error instanceof TooSlow || attempt === ATTEMPTS) {
        throw unreachable(new URL(url), fault, error);
      }
      await sleep(250 * 2 ** attempt, undefined, { signal }).catch(() => {});
    }
  }
}

async function fetchOnce(
  objects: ObjectStore,
  key: string,
  url: URL,
  options: FetchOptions,
): Promise<StreamedObject> {
  const { limitBytes, signal, leastRate } = options;
  using request: WebRequest = await requestWeb(url, {
    ...options,
    answerTimeoutMs: leastRate.windowMs,
  });
  if (Number(request.body.headers["content-length"] ?? 0) > limitBytes) throw tooLarge(limitBytes);
  return await objects.putStream(key, steadyBody(request.body, options), { limitBytes, signal });
}

/** What is wrong: a problem that another try does not mend, or words for one that it may. */
function problemOf(error: unknown, options: FetchOptions): ProblemError | string {
  if (error instanceof ProblemError) {
    return error.code === "payload-too-large" ? tooLarge(options.limitBytes) : error;
  }
  const { bytesPerSecond, windowMs } = options.leastRate;
  return error instanceof TooSlow
    ? `it sends less than ${bytesPerSecond} bytes a second over ${windowMs / 1000} s`
    : describe(error);
}

function tooLarge(limitBytes: number): ProblemError {
  return new ProblemError("source-too-large", `The file is larger than ${limitBytes} bytes.`, {
    at: "source.url",
  });
}

function tookTooLong({ timeoutMs }: FetchOptions): string {
  return `it takes longer than ${timeoutMs / 1000} s`;
}

function describe(error: unknown): string {
  if (error instanceof PassingFault) return error.message;
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  switch (code) {
    case "ENOTFOUND":
      return "its name is not known";
    case "ECONNREFUSED":
      return "it refuses connections";
    case "ECONNRESET":
    case "ERR_STREAM_PREMATURE_CLOSE":
      return "it breaks off the connection";
    case "HPE_HEADER_OVERFLOW":
      return "its headers are too large";
    default:
      return code ?? "the transfer failed";
  }
}
