import type { ClientRequest, IncomingMessage } from "node:http";
import { Agent as HttpAgent, get as httpGet } from "node:http";
import { Agent as HttpsAgent, get as httpsGet } from "node:https";

export interface HttpGetOptions {
  /**
   * Where `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` (or in lower case) are looked up. Node's `fetch` heeds them only
   * if the process was started with `NODE_USE_ENV_PROXY=1`; an agent's `proxyEnv` needs no such thing.
   */
  readonly proxyEnv: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Gives up when nothing was received for so long. */
  readonly idleMs: number;
}

const REDIRECTS = [301, 302, 303, 307, 308];
const MOST_REDIRECTS = 5;

/** A body, and which of its bytes comes first. */
export interface Body {
  readonly body: IncomingMessage;
  readonly from: number;
}

/**
 * Opens the body at an http or https address, after at most five redirects.
 *
 * @param from bytes that are here already; a server that does not serve parts begins at 0 all the same
 * @throws Error whose message is a clause fit for a sentence, without any credentials of a proxy
 */
export async function httpGetBody(url: URL, options: HttpGetOptions, from = 0): Promise<Body> {
  let at = url;
  for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
    const response = await request(at, options, from);
    const { statusCode = 0, headers } = response;
    if (statusCode === 200) return { body: response, from: 0 };
    const range = `bytes ${from}-`;
    if (statusCode === 206 && headers["content-range"]?.startsWith(range)) {
      return { body: response, from };
    }
    response.destroy();
    // what is here does not fit what is there, or so the server says
    if (from > 0 && (statusCode === 206 || statusCode === 416)) return httpGetBody(url, options);
    if (!REDIRECTS.includes(statusCode) || headers.location === undefined) {
      throw new Error(`the server answered ${statusCode}`);
    }
    const next = new URL(headers.location, at);
    if (at.protocol === "https:" && next.protocol !== "https:") {
      throw new Error("the server redirects to an address without https");
    }
    at = next;
  }
  throw new Error("the server redirects without end");
}

function request(
  url: URL,
  { proxyEnv, signal, idleMs }: HttpGetOptions,
  from: number,
): Promise<IncomingMessage> {
  const headers = from > 0 ? { range: `bytes=${from}-` } : {};
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  let response: IncomingMessage | undefined;
  const receive = (message: IncomingMessage): void => {
    response = message;
    resolve(message);
  };
  const sent: ClientRequest =
    url.protocol === "https:"
      ? httpsGet(url, { signal, headers, agent: new HttpsAgent({ proxyEnv }) }, receive)
      : httpGet(url, { signal, headers, agent: new HttpAgent({ proxyEnv }) }, receive);
  // this also covers the body: the timer restarts with whatever arrives
  sent.setTimeout(idleMs, () => {
    (response ?? sent).destroy(new Error(`nothing was received for ${idleMs / 1000} s`));
  });
  sent.on("error", (error) => reject(signal.aborted ? signal.reason : plain(error)));
  return promise;
}

const PLAIN: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ECONNRESET: "the connection was cut off",
  ENOTFOUND: "there is no such host, or no network",
  EAI_AGAIN: "host names cannot be resolved, as without a network",
  ENETUNREACH: "the network cannot be reached",
  EHOSTUNREACH: "the host cannot be reached",
  ETIMEDOUT: "the connection timed out",
  ERR_PROXY_TUNNEL: "the proxy refused the connection",
  EACCES: "the folder for models may not be written",
  EROFS: "the folder for models may not be written",
  ENOSPC: "the disk is full",
};

/** Node's own messages may hold the proxy's address with its password: only errors without a code are our own. */
export function plain(error: Error): Error {
  if (!("code" in error) || typeof error.code !== "string") return error;
  return new Error(PLAIN[error.code] ?? error.code, { cause: error });
}
