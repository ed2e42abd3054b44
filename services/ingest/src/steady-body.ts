import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { type LeastRate, RateWatch } from "@framequeue/service";
import { PassingFault } from "./web-request.ts";

export interface BodyBounds {
  /** Silence after which the server counts as gone, in milliseconds. */
  readonly idleTimeoutMs: number;
  readonly leastRate: LeastRate;
}

/** The server sends, but so little that nobody can wait for the end. */
export class TooSlow extends Error {}

/** How often a server that is waited for is looked at, within the shortest bound. */
const LOOKS = 10;

/**
 * The body for as long as it comes fast enough. Only the time counts in which more is wanted and is not there: a slow
 * reader is not the server's fault. It breaks with {@link PassingFault} where the server falls silent or breaks off,
 * and with {@link TooSlow}. Destroying it destroys the body.
 */
export function steadyBody(
  body: IncomingMessage,
  { idleTimeoutMs, leastRate }: BodyBounds,
): Readable {
  const watch = new RateWatch(leastRate);
  let since = performance.now();
  let silentMs = 0;
  let isWanted = false;
  const steady = new Readable({
    read() {
      since = performance.now();
      isWanted = true;
      body.resume();
    },
    destroy(error, done) {
      clearInterval(timer);
      body.destroy();
      done(error);
    },
  });

  const everyMs = Math.ceil(Math.min(idleTimeoutMs, leastRate.windowMs) / LOOKS);
  const look = (bytes: number): void => {
    const now = performance.now();
    // Where a look comes late, it was this process that was busy.
    const waitedMs = Math.min(now - since, 2 * everyMs);
    since = now;
    silentMs = bytes > 0 ? 0 : silentMs + waitedMs;
    if (watch.isTooSlow(waitedMs, bytes)) steady.destroy(new TooSlow());
    else if (silentMs >= idleTimeoutMs) steady.destroy(fault("it is silent for too long"));
  };
  const timer = setInterval(() => isWanted && look(0), everyMs);

  steady.on("error", () => {}); // told to whoever reads it, now or later
  body.pause();
  body.on("data", (piece: Buffer) => {
    look(piece.length);
    isWanted = steady.push(piece);
    if (!isWanted) body.pause();
  });
  body.on("end", () => steady.push(null));
  body.on("error", (error) => steady.destroy(error));
  body.on("close", () => {
    if (!body.readableEnded) steady.destroy(fault("it breaks off the connection"));
  });
  return steady;
}

function fault(why: string): PassingFault {
  return new PassingFault(why);
}
