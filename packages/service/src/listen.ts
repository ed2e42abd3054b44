import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * @returns the address that the server has got, as a URL without a slash at the end
 * @throws Error with a sentence for the operator; `what` names the settings to change
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
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const why =
      code === "EADDRINUSE"
        ? "another program listens there"
        : code === "EACCES"
          ? "that needs more rights"
          : code === "EADDRNOTAVAIL" || code === "ENOTFOUND"
            ? "this machine has no such address"
            : String(error);
    throw new Error(`Cannot listen on ${host}:${port}: ${why}. Change ${what}.`, { cause: error });
  } finally {
    server.off("error", reject);
  }
  const bound = (server.address() as AddressInfo).port;
  return { port: bound, url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}` };
}
