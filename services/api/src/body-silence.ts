import type { Request } from "express";
import { ClientGone } from "./client-gone.ts";

/** Silence of a client after which its body is given up. */
const BODY_IDLE_MS = 60_000;

/**
 * For bodies that may take long: ends the connection of a client that sends nothing for a minute. Once all is there it
 * is the client that waits, for as long as the answer takes.
 */
export function giveUpOnSilence(request: Request, idleMs = BODY_IDLE_MS): void {
  request.setTimeout(idleMs, () => {
    if (!request.complete) request.destroy();
  });
  request.once("end", () => request.setTimeout(0));
  if (request.destroyed && !request.complete) throw new ClientGone();
}
