import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { acceptJob, type JobId, type JobResult, type JobView } from "@framequeue/contracts";
import { createMemoryFrameStore } from "@framequeue/frames";
import { openPipeline, type Pipeline } from "@framequeue/pipeline";
import { type ClientBounds, createLogger, createMetrics } from "@framequeue/service";
import { startRedisServer } from "@framequeue/service/testing";
import { createFolderStore, type ObjectStore } from "@framequeue/storage";
import type { ApiDeps } from "../deps.ts";
import { createModelCheck } from "../models/model-check.ts";
import { createModelResolver } from "../models/model-resolver.ts";
import { type ApiService, createApiService } from "../service.ts";

/** An API on a free port over a Redis and folders of its own. */
export interface TestApi extends AsyncDisposable {
  readonly url: string;
  readonly folder: string;
  readonly pipeline: Pipeline;
  readonly service: ApiService;
  /** Lines of the log, from debug up. */
  readonly log: readonly Record<string, unknown>[];
  /** Keys in the object store, without the registered model's. */
  objects(): Promise<string[]>;
  /** A job that is accepted and waits. */
  job(): Promise<JobId>;
  /** Ends a job with these files as its results. */
  finish(job: JobId, files: Readonly<Record<string, Buffer>>): Promise<void>;
}

const MODEL_SHA = "a".repeat(64);
export const MODEL = { name: "yolox-nano", version: "1", sha256: MODEL_SHA };

export async function startTestApi(
  overrides: Partial<ApiDeps> = {},
  store?: ObjectStore,
  clients?: ClientBounds,
): Promise<TestApi> {
  await using resources = new AsyncDisposableStack();
  const redis = resources.use(await startRedisServer());
  const folder = await mkdtemp(join(tmpdir(), "fq-api-"));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  const objects = store ?? createFolderStore(join(folder, "objects"));
  await objects.put(
    `models/${MODEL_SHA}/manifest.json`,
    JSON.stringify({ ...MODEL, task: "detection" }),
  );
  const pipeline = resources.use(
    openPipeline({
      redisUrl: redis.url,
      site: "test",
      objects,
      frames: createMemoryFrameStore(),
      frameBudgetBytes: 2 ** 26,
    }),
  );
  await pipeline.redis.ping();
  const log: Record<string, unknown>[] = [];
  const service = createApiService(
    {
      jobs: pipeline.jobs,
      objects,
      derivations: pipeline.derivations,
      resolveModel: createModelResolver({ objects, defaultModel: MODEL.name }),
      registry: pipeline,
      sourceRoots: [join(folder, "videos")],
      uploadLimitBytes: 100_000_000,
      modelLimitBytes: 10_000_000,
      checkModel: createModelCheck({ memoryBytes: 1e9, deadlineMs: 60_000 }),
      apiKeys: [],
      adminKeys: [],
      logger: createLogger({
        name: "api",
        level: "debug",
        destination: {
          write: (line) => void log.push(JSON.parse(line) as Record<string, unknown>),
        },
      }),
      metrics: createMetrics(),
      ready: () => pipeline.redis.status === "ready",
      checkAnswers: true,
      ...overrides,
    },
    { host: "127.0.0.1", port: 0, ...(clients && { clients }) },
  );
  const { url } = await service.start();
  resources.defer(() => service.stop(0));
  const owned = resources.move();
  return {
    url,
    folder,
    pipeline,
    service,
    log,
    objects: async () => {
      const keys = await Array.fromAsync(objects.list(""));
      return keys.filter((key) => !key.startsWith("models/")).sort();
    },
    async job() {
      const source = { kind: "file", path: "/v.mp4", name: "v.mp4" } as const;
      const models = [{ role: "detector", ...MODEL }] as const;
      const job = acceptJob({ source, models, render: true });
      await pipeline.jobs.submit(job);
      return job.id;
    },
    async finish(job, files) {
      const artifacts: JobResult["artifacts"] = {};
      for (const [name, content] of Object.entries(files)) {
        const key = `jobs/${job}/artifacts/0/${name}`;
        await objects.put(key, content);
        const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(content));
        artifacts[name] = {
          key,
          bytes: content.length,
          sha256: Buffer.from(digest).toString("hex"),
        };
      }
      await pipeline.jobs.finish({
        v: 1,
        job,
        run: 1,
        state: "succeeded",
        finishedAt: new Date().toISOString(),
        warnings: [],
        artifacts,
      });
    },
    async [Symbol.asyncDispose]() {
      await owned.disposeAsync();
      const undeclared = log.filter(
        ({ err }) => (err as { type?: string })?.type === "NotAsDeclared",
      );
      assert.deepEqual(undeclared, [], "answers that no operation declares");
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: JobView & { code?: string; detail?: string; at?: string };
}

/** A request whose answer is JSON. */
export async function call(url: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Answer["body"],
  };
}

export function postJson(url: string, body: unknown): Promise<Answer> {
  return call(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}
