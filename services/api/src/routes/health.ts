import { isReady, type Registry } from "@framequeue/service";
import type { Request, Response } from "express";
import type { ApiDeps } from "../deps.ts";

/** `GET /healthz/live`: the process answers. */
export function getLive(_request: Request, response: Response): void {
  response.json({ status: "live" });
}

/** `GET /healthz/ready`: 200 while jobs can be taken, else 503. */
export function getReady(ready: ApiDeps["ready"]) {
  return async (_request: Request, response: Response): Promise<void> => {
    const yes = await isReady(ready);
    response.status(yes ? 200 : 503).json({ status: yes ? "ready" : "not-ready" });
  };
}

/** `GET /metrics`, in the text format of Prometheus. */
export function getMetrics(registry: Registry) {
  return async (_request: Request, response: Response): Promise<void> => {
    response.set("content-type", registry.contentType).send(await registry.metrics());
  };
}
