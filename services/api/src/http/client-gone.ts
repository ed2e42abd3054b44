import type { Request } from "express";

/** The client hung up before it had sent everything or got everything: there is nobody to answer. */
export class ClientGone extends Error {
  override readonly name = "ClientGone";
  constructor() {
    super("The client closed the connection.");
  }
}

/** Where the client is gone before its body is read, nothing tells of it any more. */
export function throwIfGone(request: Request): void {
  if (request.destroyed && !request.complete) throw new ClientGone();
}
