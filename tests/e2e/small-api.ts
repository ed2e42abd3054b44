import assert from "node:assert/strict";
import { createLogger, createMetrics } from "@framequeue/service";
import { createApiService, createModelCheck, createModelResolver } from "@framequeue/service-api";
import type { SmallSite } from "./small-site.ts";

/** Starts the API of a small site on a free port; jobs may name files in its folder. */
export async function startSmallApi(
  { pipeline, folder }: SmallSite,
  defaultModel: string,
  resources: AsyncDisposableStack,
): Promise<string> {
  const { jobs, objects, derivations, redis } = pipeline;
  const api = createApiService(
    {
      ...{
        jobs,
        objects,
        derivations,
        registry: pipeline,
        sourceRoots: [folder],
        uploadLimitBytes: 1e6,
      },
      ...{
        modelLimitBytes: 1e7,
        checkModel: createModelCheck({ memoryBytes: 1e9, deadlineMs: 60_000 }),
      },
      resolveModel: createModelResolver({ objects, defaultModel }),
      apiKeys: [],
      adminKeys: [],
      logger: createLogger({ name: "api", level: "silent" }),
      metrics: createMetrics(),
      ready: () => redis.status === "ready",
      checkAnswers: true,
    },
    { host: "127.0.0.1", port: 0 },
  );
  const { url } = await api.start();
  resources.defer(() => api.stop(0));
  return url;
}

/** Posts JSON to `/v1/<path>`; answers what was answered, which must be no error. */
export async function postJson(url: string, path: string, body: object = {}): Promise<unknown> {
  const response = await fetch(`${url}/v1/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  assert.ok(response.ok, JSON.stringify(answer));
  return answer;
}
