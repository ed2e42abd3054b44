import { createHash, timingSafeEqual } from "node:crypto";
import { ProblemError } from "@framequeue/contracts";
import type { Request, RequestHandler } from "express";

/** Lets requests pass that show one of the keys, as `Authorization: Bearer <key>` or `X-API-Key`. */
export function requireKey(keys: readonly string[]): RequestHandler {
  const isOneOf = comparison(keys);
  return (request, response, next) => {
    if (isOneOf(bearerOf(request) ?? request.get("x-api-key") ?? "")) {
      next();
      return;
    }
    response.set("www-authenticate", 'Bearer realm="framequeue"');
    throw new ProblemError(
      "unauthorized",
      "Send one of the server's keys as Authorization: Bearer <key> or as X-API-Key.",
    );
  };
}

/** The same for pages that a browser opens: there the key is the password, and the user's name is anything. */
export function requireAdmin(keys: readonly string[]): RequestHandler {
  const isOneOf = comparison(keys);
  return (request, response, next) => {
    if (isOneOf(bearerOf(request) ?? passwordOf(request) ?? "")) {
      next();
      return;
    }
    response.set("www-authenticate", 'Basic realm="framequeue admin"');
    throw new ProblemError(
      "unauthorized",
      "Give one of the server's admin keys as the password, or as Authorization: Bearer <key>.",
    );
  };
}

function bearerOf({ headers }: Request): string | undefined {
  return /^bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1];
}

function passwordOf({ headers }: Request): string | undefined {
  const encoded = /^basic +([\w+/=]+) *$/i.exec(headers.authorization ?? "")?.[1];
  return encoded && /^[^:]*:(.*)$/s.exec(Buffer.from(encoded, "base64").toString())?.[1];
}

/** All keys are compared, each in constant time, so that the time tells nothing about them. */
function comparison(keys: readonly string[]): (shown: string) => boolean {
  const digests = keys.map(digest);
  return (shown) => digests.filter((key) => timingSafeEqual(key, digest(shown))).length > 0;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

const LOCAL_NAMES: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];
const SAFE_METHODS: readonly string[] = ["GET", "HEAD", "OPTIONS"];

/**
 * Guards a server without keys, which only programs of this machine should reach, against web pages in the user's
 * browser: a page whose host name was pointed at 127.0.0.1 shows in `Host`, a page of another origin in `Origin`.
 */
export function localOnly(): RequestHandler {
  return (request, _response, next) => {
    const host = request.headers.host ?? "";
    const name = host.replace(/:\d+$/, "").toLowerCase();
    if (!LOCAL_NAMES.includes(name)) {
      throw refused(`it answers only to localhost, not to ${JSON.stringify(name)}`);
    }
    const { origin } = request.headers;
    const foreign =
      origin === undefined
        ? request.get("sec-fetch-site") === "cross-site"
        : origin.toLowerCase() !== `http://${host.toLowerCase()}`;
    if (foreign && !SAFE_METHODS.includes(request.method)) {
      throw refused("it takes no requests from web pages of another origin");
    }
    next();
  };
}

function refused(why: string): ProblemError {
  return new ProblemError(
    "unauthorized",
    `This server has no keys, so ${why}. FQ_API_KEYS sets keys.`,
  );
}
