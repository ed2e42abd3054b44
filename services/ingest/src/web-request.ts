import { lookup as dnsLookup } from "node:dns";
import { type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { ProblemError } from "@framequeue/contracts";
import type { AddressGuard } from "./address-guard.ts";

export interface WebRequestOptions {
  /** Whether an address may be connected to. Asked after name resolution, and again for every redirect. */
  readonly mayConnect: AddressGuard;
  /** Silence after which the server counts as gone, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** Within which the answer has begun, all redirects included, in milliseconds. */
  readonly answerTimeoutMs: number;
  readonly signal: AbortSignal;
}

/** What was asked of the web on the way to one answer. Disposing closes every connection, whatever came of it. */
export interface WebRequest extends Disposable {
  /** The body of the answer, which begins to flow when it is read. */
  readonly body: IncomingMessage;
}

const REDIRECTS = 5;
/** Of all headers of an answer together. */
const MOST_HEADER_BYTES = 16_384;

/** Worth another try: the server is busy or the connection broke. */
export class PassingFault extends Error {}

/**
 * Asks for a URL and follows redirects, of which only the headers are read.
 *
 * @throws ProblemError `source-forbidden` for an address that may not be read, `source-unreachable` where the server
 * refuses or does not begin to answer in time; {@link PassingFault} and the errors of sockets. When it throws, no
 * connection is left.
 */
export async function requestWeb(start: URL, options: WebRequestOptions): Promise<WebRequest> {
  const requests: ClientRequest[] = [];
  const close = (): void => {
    for (const request of requests) request.destroy();
  };
  const late = setTimeout(() => {
    const seconds = options.answerTimeoutMs / 1000;
    const why = `its answer does not begin within ${seconds} s`;
    requests.at(-1)?.destroy(unreachable(start, why));
  }, options.answerTimeoutMs);
  try {
    const body = await follow(start, options, requests);
    return { body, [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw error;
  } finally {
    clearTimeout(late);
  }
}

async function follow(
  start: URL,
  options: WebRequestOptions,
  requests: ClientRequest[],
): Promise<IncomingMessage> {
  let url = start;
  for (let hop = 0; hop <= REDIRECTS; hop++) {
    const request = open(url, options);
    requests.push(request);
    const response = await answerTo(request);
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if (status === 200) return response;
    // What else it says has no use, and may have no end.
    request.destroy();
    if (status >= 300 && status < 400 && location !== undefined) {
      url = redirected(location, url);
      continue;
    }
    if (status >= 500 || status === 429) throw new PassingFault(`it answers ${status}`);
    throw unreachable(url, `it answers ${status} ${response.statusMessage ?? ""}`.trim());
  }
  throw unreachable(start, `it redirects more than ${REDIRECTS} times`);
}

function redirected(location: string, from: URL): URL {
  const url = URL.parse(location, from.href);
  if (url === null) throw unreachable(from, "it redirects to what is no address");
  if (url.protocol === "http:" || url.protocol === "https:") return url;
  throw new ProblemError(
    "source-forbidden",
    `The server redirects to ${url.protocol} which is not read.`,
    { at: "source.url" },
  );
}

/** Sends the request, on a connection of its own that nothing else will ever use. */
function open(url: URL, options: WebRequestOptions): ClientRequest {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  // An address in the URL itself is never resolved, so it is judged here.
  if (isIP(host) !== 0 && !options.mayConnect(host)) throw forbidden(host);
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  const request = send(url, {
    agent: false,
    lookup: guardedLookup(options.mayConnect),
    maxHeaderSize: MOST_HEADER_BYTES,
    timeout: options.idleTimeoutMs,
    signal: options.signal,
    headers: { accept: "*/*", "accept-encoding": "identity", "user-agent": "framequeue" },
  });
  request.on("timeout", () => request.destroy(new PassingFault("it is silent for too long")));
  request.on("error", () => {}); // told to whoever waits for the answer, or reads it
  request.end();
  return request;
}

async function answerTo(request: ClientRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request.on("error", reject);
  request.on("close", () => reject(new PassingFault("it breaks off the connection")));
  request.on("response", (response) => {
    // From here on silence is told by whoever reads: where that is slow, the server is not to blame.
    request.setTimeout(0);
    response.on("error", () => {}); // told to whoever reads it
    resolve(response);
  });
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

export function unreachable(url: URL, why: string, cause?: unknown): ProblemError {
  return new ProblemError(
    "source-unreachable",
    `The server ${url.host} does not give the file: ${why}.`,
    { at: "source.url", ...(cause === undefined ? {} : { cause }) },
  );
}
