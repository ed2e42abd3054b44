import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createMemoryFrameStore } from "@framequeue/frames";
import { startRedisProcess } from "@framequeue/service";
import { createFolderStore } from "@framequeue/storage";
import { openPipeline, type Pipeline } from "../pipeline.ts";
import { connectRedis, type RedisClient } from "./redis.ts";
import { createStageRunner } from "../queues/stage-runner.ts";
import type { StageRunner } from "../queues/worker-life.ts";
import { PLAN } from "../testing/ledger-driver.ts";
import { eventually, sampleJob } from "../testing/test-site.ts";

const TASKS = 12;

interface Outage extends AsyncDisposable {
  readonly pipeline: Pipeline;
  /** A connection of the operator's. */
  readonly operator: RedisClient;
  readonly outcomes: string[];
  readonly queueErrors: string[];
  /** Kills the server and starts it again on the same data. */
  restart(): Promise<void>;
  /** More tasks than run at once. They wait for `go` before they talk to Redis. */
  submit(): Promise<void>;
  go(): void;
  allDone(): Promise<void>;
}

/** A stage that may fail once, over a Redis that writes down what it does. */
async function openOutage(): Promise<Outage> {
  await using resources = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "fq-outage-"));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  const settings = { folder: join(folder, "redis"), persistent: true };
  let server = await startRedisProcess(settings);
  resources.defer(() => server[Symbol.asyncDispose]());
  const operator = connectRedis(server.url);
  operator.on("error", () => {});
  resources.defer(() => operator.disconnect());
  const pipeline = resources.use(
    openPipeline({
      redisUrl: server.url,
      site: "here",
      objects: createFolderStore(join(folder, "objects")),
      frames: createMemoryFrameStore(),
      frameBudgetBytes: 1_000,
      lockMs: 1_000,
      onRedisError: () => {},
    }),
  );
  const gate = Promise.withResolvers<void>();
  const outcomes: string[] = [];
  const queueErrors: string[] = [];
  const runner: StageRunner = createStageRunner({
    queue: "track",
    concurrency: 2,
    pipeline,
    maxAttempts: 1_000,
    backoffMs: () => 50,
    handlers: {
      // A stage's conversation with the ledger: it reads, and it writes.
      track: async ({ job, epoch }) => {
        await gate.promise;
        await pipeline.ledger.trackBegin(job, epoch, 8);
        await pipeline.redis.hincrby("done", job, 1);
      },
    },
    events: {
      onTask: ({ outcome }) => outcomes.push(outcome),
      onQueueError: ({ message }) => queueErrors.push(message),
    },
  });
  resources.defer(() => runner.stop(0));
  await runner.start();
  const jobs = Array.from({ length: TASKS }, () => sampleJob());
  const held = resources.move();
  return {
    pipeline,
    operator,
    outcomes,
    queueErrors,
    async restart() {
      await server[Symbol.asyncDispose]();
      server = await startRedisProcess(settings);
    },
    async submit() {
      for (const { id } of jobs) {
        await pipeline.ledger.accept(id, "2026-01-01T00:00:00.000Z", 1);
        await pipeline.ledger.plan(id, "ep", PLAN);
        await pipeline.queues.add({ v: 1, stage: "track", job: id, epoch: "ep", q: 1 });
      }
    },
    go: () => gate.resolve(),
    allDone: () =>
      eventually("every task is done", async () => {
        const done = await operator.hkeys("done");
        return jobs.every(({ id }) => done.includes(id));
      }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

test("a Redis that is restarted in the middle costs nothing but time", async () => {
  await using outage = await openOutage();
  await outage.submit();
  const restarted = outage.restart();
  outage.go();
  await restarted;
  await outage.allDone();
  assert.ok(!outage.outcomes.includes("failed"));
});

for (const [what, begin, end] of [
  [
    "full",
    (redis: RedisClient) => redis.config("SET", "maxmemory", "1"),
    (redis: RedisClient) => redis.config("SET", "maxmemory", "0"),
  ],
  [
    "read-only",
    (redis: RedisClient) => redis.replicaof("127.0.0.1", 1),
    (redis: RedisClient) => redis.replicaof("NO", "ONE"),
  ],
] as const) {
  test(`a Redis that is ${what} for a while slows the stage and fails no job`, async () => {
    await using outage = await openOutage();
    const { operator, outcomes, queueErrors } = outage;
    await outage.submit();
    await begin(operator);
    outage.go();
    await eventually(
      "somebody is refused",
      async () => queueErrors.length > 0 || outcomes.includes("waits"),
    );
    assert.ok(!outcomes.includes("done"));
    await end(operator);
    await outage.allDone();
    assert.ok(!outcomes.includes("failed"), outcomes.join());
    assert.ok(!outcomes.includes("retry"), outcomes.join());
  });
}
