import { lookup as dnsLookup } from "node:dns";
import { type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ProblemError } from "@framequeue/contracts";
import type { ObjectStore, StreamedObject } from "@framequeue/storage";
import type { AddressGuard } from "./address-guard.ts";

export interface FetchOptions {
  readonly limitBytes: number;
  /** Whether an address may be connected to. Asked after name resolution, and again for every redirect. */
  readonly mayConnect: AddressGuard;
  /** Silence after which the server counts as gone. */
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal;
}

const REDIRECTS = 5;
const ATTEMPTS = 3;

/** Worth another try: the server is busy or the connection broke. */
class PassingFault extends Error {}

/**
 * Streams a web source into the store. Throws `source-forbidden` for an address that may not be read,
 * `source-unreachable` when the server cannot be reached or refuses, `source-too-large` over the limit. No message
 * holds more of the URL than its host, since the rest may be a secret.
 */
export async function fetchSource(
  objects: ObjectStore,
  key: string,
  url: string,
  options: FetchOptions,
): Promise<StreamedObject> {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await follow(new URL(url), options);
      return await objects.putStream(key, response, {
        limitBytes: options.limitBytes,
        signal: options.signal,
      });
    } catch (error) {
      options.signal.throwIfAborted();
      if (error instanceof ProblemError && error.code === "payload-too-large") {
        throw new ProblemError(
          "source-too-large",
          `The file is larger than ${options.limitBytes} bytes.`,
          {
            at: "source.url",
          },
        );
      }
      if (error instanceof ProblemError) throw error;
      if (attempt === ATTEMPTS) throw unreachable(new URL(url), describe(error), error);
      await sleep(250 * 2 ** attempt, undefined, { signal: options.signal });
    }
  }
}

async function follow(start: URL, options: FetchOptions): Promise<IncomingMessage> {
  let url = start;
  for (let hop = 0; hop <= REDIRECTS; hop++) {
    const response = await get(url, options);
    const status = response.statusCode ?? 0;
    const location = response.headers.location;
    if (status >= 300 && status < 400 && location !== undefined) {
      response.resume();
      url = new URL(location, url);
      if (url.protocol !== "http:" && url.protocol !== "https:") {
        throw new ProblemError(
          "source-forbidden",
          `The server redirects to ${url.protocol} which is not read.`,
          {
            at: "source.url",
          },
        );
      }
      continue;
    }
    if (status === 200) return response;
    response.destroy();
    if (status >= 500 || status === 429) throw new PassingFault(`it answers ${status}`);
    throw unreachable(url, `it answers ${status} ${response.statusMessage ?? ""}`.trim());
  }
  throw unreachable(start, `it redirects more than ${REDIRECTS} times`);
}

function get(url: URL, options: FetchOptions): Promise<IncomingMessage> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  // An address in the URL itself is never resolved, so it is judged here.
  if (isIP(host) !== 0 && !options.mayConnect(host)) throw forbidden(host);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  const outgoing: ClientRequest = send(url, {
    lookup: guardedLookup(options.mayConnect),
    timeout: options.idleTimeoutMs,
    signal: options.signal,
    headers: { accept: "*/*", "accept-encoding": "identity", "user-agent": "framequeue" },
  });
  outgoing.on("timeout", () => outgoing.destroy(new PassingFault("it is silent for too long")));
  outgoing.on("error", reject);
  outgoing.on("response", resolve);
  outgoing.end();
  return promise;
}

/** Resolves a name and refuses it when any of its addresses is closed: what was judged is what is connected to. */
function guardedLookup(mayConnect: AddressGuard): LookupFunction {
  return (hostname, lookupOptions, callback) => {
    dnsLookup(hostname, { ...lookupOptions, all: true }, (error, addresses) => {
      if (error) {
        callback(error, "", 4);
        return;
      }
      const closed = addresses.find(({ address }) => !mayConnect(address));
      const first = addresses[0];
      if (closed !== undefined || first === undefined) callback(forbidden(hostname), "", 4);
      else if (lookupOptions.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

function forbidden(host: string): ProblemError {
  return new ProblemError(
    "source-forbidden",
    `${host} is an address inside a private network, which sources may not be read from.`,
    { at: "source.url" },
  );
}

function unreachable(url: URL, why: string, cause?: unknown): ProblemError {
  return new ProblemError(
    "source-unreachable",
    `The server ${url.host} does not give the file: ${why}.`,
    {
      at: "source.url",
      ...(cause === undefined ? {} : { cause }),
    },
  );
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
    default:
      return code ?? "the transfer failed";
  }
}
