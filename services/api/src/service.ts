import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { boundClients, CLIENT_BOUNDS, type ClientBounds, listen } from "@framequeue/service";
import { createApi } from "./api.ts";
import type { ApiDeps } from "./deps.ts";

export interface ApiServiceOptions {
  readonly host: string;
  /** 0 is any free port. */
  readonly port: number;
  readonly clients?: ClientBounds;
}

export interface ApiService {
  readonly state: "starting" | "running" | "draining" | "stopped";
  /** Answers where it listens, such as `http://127.0.0.1:8080`. */
  start(): Promise<{ readonly port: number; readonly url: string }>;
  /** Takes no new connection, ends event streams, lets requests finish until the deadline, then cuts them off. */
  stop(deadlineMs: number): Promise<void>;
}

/** Those who are turned away may be many, and the log is not theirs. */
const TELL_AGAIN_MS = 60_000;
/** Time for requests that were cut off to clear away what they had begun. */
const CLEAR_MS = 2_000;

export function createApiService(deps: ApiDeps, options: ApiServiceOptions): ApiService {
  const stopping = new AbortController();
  let state: ApiService["state"] = "starting";
  const ready = async (): Promise<boolean> => state === "running" && (await deps.ready());
  const working = new Set<Promise<void>>();
  const track = (work: Promise<void>): void => {
    working.add(work);
    void work.catch(() => {}).finally(() => working.delete(work));
  };
  const app = createApi({ ...deps, ready }, { stopping: stopping.signal, track });
  const server = createServer(app);
  boundClients(server, options.clients ?? CLIENT_BOUNDS);
  let nextTell = 0;
  server.on("drop", () => {
    if (performance.now() < nextTell) return;
    nextTell = performance.now() + TELL_AGAIN_MS;
    deps.logger.warn("connections are turned away: there are FQ_API_CONNECTIONS of them");
  });
  server.on("request", (_request, response) => {
    response.once("close", () => {
      if (state === "draining") server.closeIdleConnections();
    });
  });

  return {
    get state() {
      return state;
    },
    async start() {
      const address = await listen(server, options, "FQ_API_HOST or FQ_API_PORT");
      state = "running";
      return address;
    },
    async stop(deadlineMs) {
      if (state !== "running") return;
      state = "draining";
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      stopping.abort();
      const deadline = setTimeout(() => server.closeAllConnections(), deadlineMs);
      await closed;
      clearTimeout(deadline);
      await Promise.race([Promise.allSettled(working), sleep(CLEAR_MS, undefined, { ref: false })]);
      state = "stopped";
    },
  };
}
