import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { acceptJob, newToken, ProblemError } from "@framequeue/contracts";
import { createRedisFrameStore } from "@framequeue/frames";
import { ForAnother, objectKeys, openPipeline, type KeptPlan } from "@framequeue/pipeline";
import { startRedisServer } from "@framequeue/service/testing";
import { createFolderStore } from "@framequeue/storage";
import { openModels } from "../models/open-models.ts";
import { inferBatch } from "./infer-batch.ts";
import { createSoloGate } from "../load/solo-gate.ts";

const FRAMES = 4;

/** A site with one job, whose only batch is published and waits for infer. */
async function openScene(numeric?: KeptPlan["numeric"]) {
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
  const models = resources.use(
    openModels(objects, { workers: 1, threadsPerWorker: 1, capacity: 1 }),
  );

  const epoch = newToken();
  const lease = newToken();
  const tok = newToken();
  const { ledger } = pipeline;
  const accepted = acceptJob({
    source: { kind: "file", path: "/videos/street.mp4", name: "street.mp4" },
    models: [{ role: "detector", name: "nano", version: "1", sha256: "0".repeat(64) }],
    render: false,
  });
  const job = accepted.id;
  await pipeline.jobs.submit(accepted);
  await objects.put(objectKeys.plan(job, epoch), JSON.stringify({ ...samplePlan, numeric }));
  await ledger.validate(job);
  await ledger.plan(job, epoch, {
    ...{ mode: "sequential", segments: 1, window: 2, openSegments: 1, attempts: 3 },
    ...{ enhance: false, steps: ["index", "finalize"], total: FRAMES },
  });
  await ledger.segBegin(job, epoch, 0, lease, "delivery");
  await ledger.acquire(job, epoch, 0, lease, 0, tok, 12);
  await ledger.publish(job, epoch, 0, lease, 0, tok, FRAMES, 0);

  const message = { v: 1, stage: "infer", job, epoch, batch: "0.0", q: 1 } as const;
  const context = {
    signal: new AbortController().signal,
    delivery: "delivery",
    suspect: false,
    failures: 0,
    count: () => {},
    span: undefined,
    follow: () => {},
    idle: <T>(wait: Promise<T>) => wait,
  };
  const held = resources.move();
  return {
    pipeline,
    job,
    infer: (numericClass?: string) =>
      inferBatch(
        { ...pipeline, models, gate: createSoloGate(), judged: new WeakSet(), numericClass },
        message,
        context,
      ),
    /** The range that an attempt would get, and the attempts that count against it show in it. */
    begin: () => ledger.begin(job, epoch, "0.0", newToken(), "infer"),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

test("a frame store that is away costs a batch no attempt, however often it is tried", async () => {
  await using scene = await openScene();
  for (let time = 0; time < 5; time++) {
    await assert.rejects(
      scene.infer(),
      (error) => error instanceof ProblemError && error.code === "store-unavailable",
    );
  }
  const begun = await scene.begin();
  assert.ok(begun.a === "run");
  assert.deepEqual([begun.f, begun.t, begun.solo], [0, FRAMES, undefined]);
});

test("a batch of another numeric class is left alone while such a process may come, and its job begins again after", async () => {
  await using scene = await openScene({ class: "cuda-one", tensorBatch: {} });
  const { roster } = scene.pipeline;
  await roster.attend({ id: "gpu", class: "cuda-one", provider: "cuda", seen: 0, models: {} });
  for (let time = 0; time < 5; time++) await assert.rejects(scene.infer("cpu-one"), ForAnother);
  for (const own of ["cuda-one", undefined]) {
    await assert.rejects(
      scene.infer(own),
      (error) => error instanceof ProblemError && error.code === "store-unavailable",
      "whoever is of the class, or alone, begins",
    );
  }
  const begun = await scene.begin();
  assert.ok(begun.a === "run");
  assert.deepEqual([begun.f, begun.t, begun.solo], [0, FRAMES, undefined]);

  await scene.pipeline.redis.del("fq:{here}:infer:class:cuda-one");
  // Twice, as two processes do at once: the frame store that is away has the pixels cleared later.
  for (let time = 0; time < 2; time++) await scene.infer("cpu-one").catch(() => {});
  const { ledger, queues } = scene.pipeline;
  const { st, gq } = (await ledger.read(scene.job))!;
  assert.deepEqual([st, gq], ["queued", "1"]);
  assert.equal((await scene.begin()).a, "gone");
  const ingest = { v: 1, stage: "ingest", job: scene.job, q: 1 } as const;
  assert.deepEqual(await queues.missing([ingest]), []);
});

const samplePlan: KeptPlan = {
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
