import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { operationList, ProblemError, type SERVICE_OPERATIONS } from "@framequeue/contracts";
import { openApiDocument } from "@framequeue/contracts/openapi";
import { isReady } from "@framequeue/service";
import type { ApiDeps } from "../deps.ts";
import type { Handlers } from "../http/handler.ts";

/** Alerts link here: what to look at and what to do, as the documentation has it. */
const RUNBOOKS = resolve(import.meta.dirname, "../../../../docs/runbooks");
const runbook = (name: string): Promise<string> => readFile(join(RUNBOOKS, `${name}.md`), "utf8");

/** What is asked about the service itself, by people and by machines. */
export function serviceHandlers({
  ready,
  metrics,
}: Pick<ApiDeps, "ready" | "metrics">): Handlers<typeof SERVICE_OPERATIONS> {
  const endpoints = operationList().map(([, { method, path }]) => `${method} ${path}`);
  const index = {
    status: 200,
    headers: { link: '</v1/openapi.json>; rel="service-desc"' },
    json: { name: "framequeue", version: "v1", endpoints },
  } as const;
  let document: ReturnType<typeof openApiDocument> | undefined;
  return {
    getRoot: () => index,
    getIndex: () => index,
    getOpenApi: () => ({ status: 200, json: (document ??= openApiDocument()) }),
    getLive: () => ({ status: 200, json: { status: "live" } }),
    async getReady() {
      return (await isReady(ready))
        ? { status: 200, json: { status: "ready" } }
        : { status: 503, json: { status: "not-ready" } };
    },
    listRunbooks: async () => ({ status: 200, text: await runbook("README") }),
    // Without a key, as it holds nothing of the site's.
    async getRunbook({ params: { name } }) {
      if (!(await readdir(RUNBOOKS)).includes(`${name}.md`)) {
        throw new ProblemError("not-found", "There is no such runbook; GET /runbooks lists them.", {
          at: "name",
        });
      }
      return { status: 200, text: await runbook(name) };
    },
    getMetrics: async () => ({ status: 200, text: await metrics.metrics() }),
  };
}
