import type { Request } from "express";
import { ClientGone } from "./client-gone.ts";

/** Silence of a client after which its body is given up. */
const BODY_IDLE_MS = 60_000;

/** For bodies that may take long: ends the connection of a client that sends nothing for a minute. */
export function giveUpOnSilence(request: Request): void {
  request.setTimeout(BODY_IDLE_MS, () => {
    if (!request.complete) request.destroy();
  });
  if (request.destroyed && !request.complete) throw new ClientGone();
}
