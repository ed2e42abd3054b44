import { createServer, type ServerResponse } from "node:http";
import { boundClients, CLIENT_BOUNDS } from "./bound-clients.ts";
import type { Registry } from "../telemetry/metrics.ts";
import { listen } from "./listen.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";

export interface HealthOptions {
  readonly host: string;
  /** 0 is any free port. */
  readonly port: number;
  /** A throw counts as no. */
  readonly ready: () => boolean | Promise<boolean>;
  readonly registry: Registry;
}

export interface HealthServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
}

/** `GET /healthz/live` (the process answers), `/healthz/ready` (200, or 503 while it takes no work), `/metrics`. */
export async function startHealthServer(options: HealthOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    const path = (request.url ?? "/").split("?", 1)[0];
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      answer(response, 405, { status: "method-not-allowed" });
    } else if (path === "/healthz/live") {
      answer(response, 200, { status: "live" });
    } else if (path === "/healthz/ready") {
      void isReady(options.ready).then((ready) => {
        answer(response, ready ? 200 : 503, { status: ready ? "ready" : "not-ready" });
      });
    } else if (path === "/metrics") {
      options.registry.metrics().then(
        (text) => {
          response.writeHead(200, { "content-type": options.registry.contentType }).end(text);
        },
        () => answer(response, 500, { status: "metrics-failed" }),
      );
    } else {
      answer(response, 404, { status: "not-found" });
    }
  });
  boundClients(server, CLIENT_BOUNDS);
  const bound = await listen(server, options, "FQ_METRICS_HOST or FQ_METRICS_PORT");
  return {
    ...bound,
    async [Symbol.asyncDispose]() {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      server.closeAllConnections();
      await promise;
    },
  };
}

export async function isReady(ready: HealthOptions["ready"]): Promise<boolean> {
  try {
    return await ready();
  } catch {
    return false;
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { "content-type": "application/json" })
    .end(`${JSON.stringify(body)}\n`);
}
