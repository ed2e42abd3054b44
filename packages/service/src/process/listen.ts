import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfigError } from "../config/config-error.ts";
import { fileReason } from "../config/file-reason.ts";

/** What the operating system says of an address, in words. */
const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there",
  EACCES: "that needs more rights",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "this machine has no such address",
  EAI_AGAIN: "this machine has no such address",
};

/**
 * @returns the address that the server has got, as a URL without a slash at the end
 * @throws ConfigError with a sentence for the operator; `what` names the settings to change
 */
export async function listen(
  server: Server,
  { host, port }: { host: string; port: number },
  what: string,
): Promise<{ port: number; url: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ host, port }, resolve);
  try {
    await promise;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    const why = REASONS[code] ?? fileReason(error);
    if (why === undefined) throw error;
    throw new ConfigError([`Cannot listen on ${host}:${port}: ${why}. Change ${what}.`]);
  } finally {
    server.off("error", reject);
  }
  const bound = (server.address() as AddressInfo).port;
  return { port: bound, url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}` };
}
