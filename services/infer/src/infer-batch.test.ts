import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  executionOptionsSchema,
  newJobId,
  newToken,
  ProblemError,
  resultOptionsSchema,
} from "@framequeue/contracts";
import { createRedisFrameStore } from "@framequeue/frames";
import { objectKeys, openPipeline, type Plan } from "@framequeue/pipeline";
import { startRedisServer } from "@framequeue/service/testing";
import { createFolderStore } from "@framequeue/storage";
import { createDetectorCache } from "./detector-cache.ts";
import { inferBatch } from "./infer-batch.ts";
import { createSoloGate } from "./solo-gate.ts";

const FRAMES = 4;

test("a frame store that is away costs a batch no attempt, however often it is tried", async () => {
  await using resources = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "fq-infer-"));
  resources.defer(() => rm(folder, { recursive: true }));
  const redis = resources.use(await startRedisServer());
  const objects = createFolderStore(join(folder, "objects"));
  const frames = resources.use(
    createRedisFrameStore({
      urls: [`unix://${join(folder, "nobody.sock")}`],
      site: "here",
      ttlSeconds: 60,
      timeoutMs: 100,
    }),
  );
  const pipeline = resources.use(
    openPipeline({ redisUrl: redis.url, site: "here", objects, frames, frameBudgetBytes: 1e6 }),
  );
  const detectors = resources.use(
    createDetectorCache(objects, { workers: 1, threadsPerWorker: 1, capacity: 1 }),
  );

  const job = newJobId();
  const epoch = newToken();
  const lease = newToken();
  const tok = newToken();
  const { ledger } = pipeline;
  await pipeline.jobs.submit({
    v: 1,
    id: job,
    acceptedAt: "2026-01-01T00:00:00.000Z",
    source: { kind: "file", path: "/videos/street.mp4", name: "street.mp4" },
    models: [{ role: "detector", name: "nano", version: "1", sha256: "0".repeat(64) }],
    options: resultOptionsSchema.parse({}),
    execution: executionOptionsSchema.parse({}),
    render: false,
  });
  await objects.put(objectKeys.plan(job, epoch), JSON.stringify(samplePlan));
  await ledger.validate(job);
  await ledger.plan(job, epoch, {
    ...{ mode: "sequential", segments: 1, window: 2, openSegments: 1, attempts: 3 },
    ...{ enhance: false, render: false, total: FRAMES },
  });
  await ledger.segBegin(job, epoch, 0, lease, "delivery");
  await ledger.acquire(job, epoch, 0, lease, 0, tok, 12);
  await ledger.publish(job, epoch, 0, lease, 0, tok, FRAMES, 0);

  const message = { v: 1, stage: "infer", job, epoch, batch: "0.0", q: 1 } as const;
  const context = {
    signal: new AbortController().signal,
    delivery: "delivery",
    suspect: false,
    count: () => {},
    idle: <T>(wait: Promise<T>) => wait,
  };
  for (let time = 0; time < 5; time++) {
    await assert.rejects(
      inferBatch({ ...pipeline, detectors, gate: createSoloGate() }, message, context),
      (error) => error instanceof ProblemError && error.code === "store-unavailable",
    );
  }
  const begun = await ledger.begin(job, epoch, "0.0", newToken(), "infer");
  assert.ok(begun.a === "run");
  assert.deepEqual([begun.f, begun.t, begun.solo], [0, FRAMES, undefined]);
});

const samplePlan: Plan = {
  v: 1,
  source: { kind: "file", path: "/videos/street.mp4", name: "street.mp4" },
  sourceSha256: "0".repeat(64),
  media: {
    ...{ container: "mp4", codec: "h264", streamIndex: 0, width: 1, height: 1, rotation: 0 },
    ...{ timeBase: [1, 25], startSeconds: 0, durationSeconds: 1, hasAudio: false },
  },
  mode: "sequential",
  frame: { layout: "gbrp", width: 1, height: 1 },
  segments: [{ frames: FRAMES }],
  batchFrames: FRAMES,
  minScore: 0.5,
  labels: ["person"],
  expectedFrames: FRAMES,
};
