import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { type JobId, MESSAGE_VERSION, ProblemError, QUEUE_PREFIX } from "@framequeue/contracts";
import { jobKey, ledgerKeys, objectKeys } from "../ledger/keys.ts";
import type { Due } from "../ledger/ledger.ts";
import { grantId, payloadOf } from "../protocol/payloads.ts";
import type { Pipeline } from "../pipeline.ts";
import { createReconciler, newPassMemory, type PassMemory, reconcile } from "./reconciler.ts";
import { createStageRunner } from "../queues/stage-runner.ts";
import { dueMessage, taskId } from "../queues/task-queues.ts";
import { LedgerDriver, PLAN } from "../testing/ledger-driver.ts";
import { eventually, openTestSite, sampleJob, samplePixels } from "../testing/test-site.ts";

const newMemory = (zombieMs = 60_000): PassMemory => newPassMemory({ zombieMs });

const problem = new ProblemError("internal", "d").toProblem();

/** What so many passes mended. */
async function repairs(
  pipeline: Pipeline,
  passes: number,
  memory: PassMemory = newMemory(),
  onJobSkipped: (job: JobId, error: unknown) => void = (_job, error) => {
    throw error;
  },
): Promise<string[]> {
  const steps: string[] = [];
  const onRepairError = (error: unknown): never => {
    throw error;
  };
  for (let pass = 0; pass < passes; pass++) {
    for await (const step of reconcile(pipeline, memory, { onJobSkipped, onRepairError })) {
      if (!step.startsWith("looked")) steps.push(step);
    }
  }
  return steps;
}

/** A job of two segments that is accepted and planned, its tasks in their queues. */
async function plannedJob(pipeline: Pipeline, plan = PLAN): Promise<LedgerDriver> {
  const job = sampleJob();
  await pipeline.objects.put(objectKeys.accepted(job.id), JSON.stringify(job));
  await pipeline.jobs.remember(job);
  const driver = new LedgerDriver(pipeline.ledger, job.id);
  await pipeline.objects.put(objectKeys.plan(driver.job, driver.ep), "{}");
  const { due } = await pipeline.ledger.plan(driver.job, driver.ep, plan);
  await pipeline.queues.addDue(driver.job, driver.ep, due);
  return driver;
}

const task = ({ job, ep }: LedgerDriver, due: Due): string => taskId(dueMessage(job, ep, due));

/** What BullMQ keeps of a task. */
const queueKey = (queue: string, id: string): string => `${QUEUE_PREFIX}:${queue}:${id}`;

async function loseTask(pipeline: Pipeline, queue: string, id: string): Promise<void> {
  assert.equal(await pipeline.redis.del(queueKey(queue, id)), 1, `${id} was queued`);
  await pipeline.redis.lrem(`${QUEUE_PREFIX}:${queue}:wait`, 0, id);
  await pipeline.redis.zrem(`${QUEUE_PREFIX}:${queue}:prioritized`, id);
}

async function putPixels(pipeline: Pipeline, job: JobId, key: string): Promise<void> {
  await pipeline.frames.put(key, samplePixels(job));
}

test("a healthy job is left alone", async () => {
  await using site = await openTestSite();
  const { pipeline } = site;
  const driver = await plannedJob(pipeline);
  await driver.segBegin(0, "L");
  const due = await driver.put(0, "L", 0);
  assert.deepEqual(due, ["infer 0.0 #1"]);
  await pipeline.queues.addDue(driver.job, driver.ep, [{ stage: "infer", item: "0.0", q: 1 }]);
  await pipeline.ledger.grant(grantId(driver.job, driver.ep, "0.0"), "tok", 3, 100);
  await putPixels(pipeline, driver.job, payloadOf(driver.job, driver.ep, "0.0", "a"));
  assert.deepEqual(await repairs(pipeline, 4), []);
});

test("work that is due and in no queue is queued again", async () => {
  await using site = await openTestSite();
  const { pipeline } = site;
  const driver = await plannedJob(pipeline);
  await loseTask(pipeline, "decode", task(driver, { stage: "decode", item: "1", q: 1 }));
  await driver.segBegin(0, "L");
  await driver.finish(0, "L", 0); // makes track due, and nobody enqueues it
  const lost = ["decode", "track"].map((stage) =>
    task(driver, {
      stage: stage as "decode" | "track",
      item: stage === "decode" ? "1" : "",
      q: 1,
    }),
  );
  const memory = newMemory();
  assert.deepEqual(await repairs(pipeline, 1, memory), [], "one look is not enough");
  assert.deepEqual(
    await repairs(pipeline, 1, memory),
    lost.map((id) => `queued ${id} again`),
  );
  for (const [i, queue] of ["decode", "track"].entries()) {
    assert.equal(await pipeline.redis.exists(queueKey(queue, lost[i]!)), 1);
  }
  assert.deepEqual(await repairs(pipeline, 3, memory), []);
});

test("a job that ingest has not planned gets its task back", async () => {
  await using site = await openTestSite();
  const { pipeline } = site;
  const job = sampleJob();
  await pipeline.jobs.submit(job);
  const id = taskId(dueMessage(job.id, "", { stage: "ingest", item: "", q: 0 }));
  await loseTask(pipeline, "ingest", id);
  assert.deepEqual(await repairs(pipeline, 2), [`queued ${id} again`]);
});

test("a credit that its holder did not give back is taken back, pixels first", async () => {
  await using site = await openTestSite();
  const { pipeline } = site;
  const { ledger, frames, redis } = pipeline;
  const driver = await plannedJob(pipeline);
  await driver.segBegin(0, "L");
  await driver.put(0, "L", 0);
  const id = grantId(driver.job, driver.ep, "0.0");
  await ledger.grant(id, "tok", 3, 100);
  await putPixels(pipeline, driver.job, `${id}/a`);
  const done = await driver.commit("0.0", "I", await driver.begin("0.0", "I"));
  assert.equal(done.a, "done");
  await pipeline.queues.addDue(driver.job, driver.ep, done.due);
  assert.deepEqual(await repairs(pipeline, 2), [
    "cleared the pixels of 0.0",
    "gave back the bytes of 0.0",
    "took back the credit of 0.0",
  ]);
  const [, , , live] = ledgerKeys(driver.job);
  assert.equal(await redis.exists(live!), 0);
  assert.equal((await ledger.grants()).size, 0);
  assert.equal(await frames.get(`${id}/a`), undefined);
});

test("a batch that a dead decoder left held is wanted again", async () => {
  await using site = await openTestSite();
  const { pipeline } = site;
  const driver = await plannedJob(pipeline);
  await driver.segBegin(0, "L"); // by a delivery that no queue knows
  assert.equal((await driver.acquire(0, "L", 0)).a, "ok");
  const steps = await repairs(pipeline, 2);
  assert.ok(steps.includes("took back the credit of 0.0"), steps.join());
  const seen = await pipeline.ledger.inspect(driver.job);
  assert.ok(seen.a === "running" && seen.credits === undefined);
});

test("pixels and bytes that no credit covers go", async () => {
  await using site = await openTestSite();
  const { pipeline } = site;
  const driver = await plannedJob(pipeline);
  const own = grantId(driver.job, driver.ep, "0.3");
  const strange = grantId(sampleJob().id, "ep", "0.0");
  for (const id of [own, strange]) {
    await putPixels(pipeline, driver.job, `${id}/a`);
    await pipeline.ledger.grant(id, "tok", 3, 100);
  }
  await pipeline.redis.set("fq:{here}:total", 77); // a sum that went astray
  const steps = await repairs(pipeline, 2);
  assert.deepEqual(
    steps.toSorted(),
    [
      `deleted the pixels ${own}/a`,
      `deleted the pixels ${strange}/a`,
      `gave back the bytes of ${own}`,
      `gave back the bytes of ${strange}`,
    ].toSorted(),
  );
  assert.equal(await pipeline.redis.exists("fq:{here}:grants", "fq:{here}:total"), 0);
});

test("a job gets more to do when more workers come", async () => {
  await using site = await openTestSite();
  const { pipeline } = site;
  const driver = await plannedJob(pipeline, { ...PLAN, segments: 9, auto: true });
  const runner = createStageRunner({
    queue: "decode",
    concurrency: 5,
    pipeline,
    handlers: { decode: (_message, { signal }) => once(signal, "abort").then(() => {}) },
  });
  await runner.start();
  await eventually("it counts", async () => (await pipeline.queues.slots("decode")) === 5);
  await repairs(pipeline, 1);
  assert.equal(await driver.field("S"), "5");
  const last = task(driver, { stage: "decode", item: "4", q: 1 });
  assert.equal(await pipeline.redis.exists(queueKey("decode", last)), 1);
  await runner.stop(0);
});

test("a job that Redis forgot is taken in again", async () => {
  await using site = await openTestSite();
  const { pipeline } = site;
  const job = sampleJob();
  await pipeline.jobs.submit(job);
  await pipeline.redis.flushall();
  assert.deepEqual(await repairs(pipeline, 2), [`took ${job.id} in again`]);
  assert.equal((await pipeline.jobs.view(job.id))?.state, "queued");
  assert.deepEqual(
    (await pipeline.jobs.list({ limit: 9 })).map(({ id }) => id),
    [job.id],
  );
  const id = taskId({ v: MESSAGE_VERSION, stage: "ingest", job: job.id });
  assert.equal(await pipeline.redis.exists(queueKey("ingest", id)), 1);
});

test("whatever Redis forgets of a job is back after two passes, again and again", async () => {
  await using site = await openTestSite();
  const { pipeline } = site;
  const { redis, jobs } = pipeline;
  const { id } = sampleJob();
  const task = taskId({ v: MESSAGE_VERSION, stage: "ingest", job: id });
  const losses: Readonly<Record<string, () => Promise<unknown>>> = {
    everything: () => redis.flushall(),
    "everything again": () => redis.flushall(),
    "its record": () => redis.del(jobKey(id)),
    "who is looked after": () => redis.del("fq:{here}:active"),
    "the list": () => redis.del("fq:{here}:jobs"),
    "its task": () => loseTask(pipeline, "ingest", task),
    "its record and its task": async () => {
      await loseTask(pipeline, "ingest", task);
      await redis.del(jobKey(id));
    },
    "all but its record": async () => {
      const keys = (await redis.keys("*")).filter((key) => key !== jobKey(id));
      await redis.del(...keys);
    },
  };
  for (const [what, lose] of Object.entries(losses)) {
    const memory = newMemory();
    await redis.flushall();
    await pipeline.objects.deletePrefix("jobs");
    await jobs.submit(sampleJob(id));
    assert.deepEqual(await repairs(pipeline, 2, memory), [], what);
    // Twice: what was mended once is noticed no later the next time.
    for (const time of what.startsWith("everything") ? [1, 2] : [1]) {
      await lose();
      assert.notDeepEqual(await repairs(pipeline, 2, memory), [], `${what}, time ${time}`);
      assert.deepEqual(await repairs(pipeline, 2, memory), [], `${what} is mended`);
      assert.deepEqual(await jobs.active(), [id], what);
      assert.deepEqual(
        (await jobs.list({ limit: 9 })).map((view) => view.id),
        [id],
        what,
      );
      assert.equal((await jobs.view(id))?.state, "queued", what);
      assert.equal(await redis.exists(queueKey("ingest", task)), 1, what);
    }
  }
});

test("a retry that was promised of a job that had long ended survives a Redis that is emptied", async () => {
  await using site = await openTestSite();
  const { pipeline } = site;
  const { jobs, redis } = pipeline;
  const driver = await plannedJob(pipeline);
  await jobs.fail(driver.job, problem);
  const memory = newMemory(0);
  await repairs(pipeline, 2, memory);
  assert.deepEqual(await jobs.active(), []);
  await jobs.retry(driver.job);
  await redis.flushall();
  assert.deepEqual(await repairs(pipeline, 2, memory), [`took ${driver.job} in again`]);
  const view = await jobs.view(driver.job);
  assert.deepEqual([view?.state, view?.run], ["queued", 2]);
});

test("jobs that ended long ago cost a pass no reads", async () => {
  await using site = await openTestSite();
  const { pipeline } = site;
  const driver = await plannedJob(pipeline);
  await pipeline.jobs.fail(driver.job, problem);
  const memory = newMemory(0);
  await repairs(pipeline, 3, memory);
  const unread = (): never => assert.fail("an object was read");
  const objects = { ...pipeline.objects, get: unread, stat: unread };
  const jobs = { ...pipeline.jobs, accepted: unread, result: unread, wasCancelled: unread };
  assert.deepEqual(await repairs({ ...pipeline, objects, jobs }, 3, memory), []);
});

test("an upload that is on its way is nobody's concern", async () => {
  await using site = await openTestSite();
  const { pipeline } = site;
  const { id } = sampleJob();
  await pipeline.objects.put(objectKeys.source(id, "street.mp4"), "so far");
  assert.deepEqual(await repairs(pipeline, 5), []);
});

/** Ways in which an object that is there cannot be read. */
const DAMAGES: Readonly<Record<string, string>> = {
  empty: "",
  "cut short": '{"v":1,"id":"j0',
  "another's": JSON.stringify(sampleJob()),
  "of no known version": '{"v":99}',
  "not JSON": "\u0000\u0001\u0002",
};

test("a record that cannot be read stops no pass, and its job goes on when it is back", async () => {
  await using site = await openTestSite();
  const { pipeline } = site;
  const { jobs, objects, redis } = pipeline;
  for (const [damage, text] of Object.entries(DAMAGES)) {
    await redis.flushall();
    await objects.deletePrefix("jobs");
    const broken = sampleJob();
    await jobs.submit(broken);
    const healthy = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const job = sampleJob();
        await jobs.submit(job);
        return job.id;
      }),
    );
    await objects.put(objectKeys.accepted(broken.id), text);
    await redis.flushall();
    const memory = newMemory();
    const skipped: string[] = [];
    const onJobSkipped = (id: JobId): void => void skipped.push(id);
    const taken = (ids: readonly JobId[]): string[] =>
      ids.map((id) => `took ${id} in again`).sort();
    assert.deepEqual(
      (await repairs(pipeline, 2, memory, onJobSkipped)).sort(),
      [...taken(healthy), `took ${broken.id} into the list again`].sort(),
    );
    const shown = (await jobs.list({ limit: 9 })).find(({ id }) => id === broken.id);
    assert.equal(shown?.problem?.code, "record-damaged", "the list tells of it");
    assert.deepEqual(skipped, [broken.id, broken.id], damage);
    await repairs(pipeline, 5, memory, onJobSkipped);
    assert.equal(skipped.length, 7, "it is told of as long as it lasts");
    await objects.put(objectKeys.accepted(broken.id), JSON.stringify(broken));
    assert.deepEqual(await repairs(pipeline, 2, memory), taken([broken.id]), damage);
    assert.equal((await jobs.view(broken.id))?.state, "queued");
  }
});

test("a result that cannot be read stops no pass, and its job ends when it is back", async () => {
  await using site = await openTestSite();
  const { pipeline } = site;
  const { objects, redis, jobs } = pipeline;
  const driver = await plannedJob(pipeline);
  const record = await redis.dumpBuffer(jobKey(driver.job));
  await jobs.fail(driver.job, problem);
  await redis.restore(jobKey(driver.job), 0, record, "REPLACE");
  const key = objectKeys.result(driver.job);
  const result = await objects.get(key);
  await objects.put(key, "{}");
  const memory = newMemory();
  const skipped: string[] = [];
  const other = sampleJob();
  await objects.put(objectKeys.accepted(other.id), JSON.stringify(other));
  const steps = await repairs(pipeline, 3, memory, (id) => skipped.push(id));
  assert.ok(steps.includes(`took ${other.id} in again`), steps.join());
  assert.equal(skipped.length, 3);
  await objects.put(key, result);
  assert.deepEqual(await repairs(pipeline, 1, memory), [
    `ended ${driver.job}, whose result is there`,
  ]);
});

test("a record in Redis that is no record stops no pass, and its pixels stay", async () => {
  await using site = await openTestSite();
  const { pipeline } = site;
  const { redis, objects } = pipeline;
  const driver = await plannedJob(pipeline);
  const own = grantId(driver.job, driver.ep, "0.3");
  await putPixels(pipeline, driver.job, `${own}/a`);
  await redis.set(jobKey(driver.job), "nonsense");
  const other = sampleJob();
  await objects.put(objectKeys.accepted(other.id), JSON.stringify(other));
  const skipped: string[] = [];
  const steps = await repairs(pipeline, 3, newMemory(), (id) => skipped.push(id));
  assert.deepEqual(steps, [`took ${other.id} in again`]);
  assert.ok(skipped.length >= 3 && skipped.every((id) => id === driver.job));
  assert.notEqual(await pipeline.frames.get(`${own}/a`), undefined);
});

test("a job whose end Redis forgot ends again, with the result that is there", async () => {
  await using site = await openTestSite();
  const { pipeline } = site;
  const { jobs, redis } = pipeline;
  const driver = await plannedJob(pipeline);
  const keys = await Promise.all(
    ledgerKeys(driver.job).map(async (key) => ({ key, dump: await redis.dumpBuffer(key) })),
  );
  await jobs.fail(driver.job, problem);
  await pipeline.objects.deletePrefix(objectKeys.work(driver.job));
  await redis.persist(jobKey(driver.job));
  for (const { key, dump } of keys) {
    if (dump !== null) await redis.restore(key, 0, dump, "REPLACE");
  }
  assert.equal((await pipeline.ledger.inspect(driver.job)).a, "running");
  const steps = await repairs(pipeline, 1);
  assert.deepEqual(steps, [`ended ${driver.job}, whose result is there`]);
  assert.equal((await jobs.view(driver.job))?.state, "failed");
});

test("a cancellation that Redis forgot, or that died halfway, is carried out", async () => {
  await using site = await openTestSite();
  const { pipeline } = site;
  const forgotten = await plannedJob(pipeline);
  const halfway = await plannedJob(pipeline);
  for (const { job } of [forgotten, halfway]) {
    await pipeline.objects.put(objectKeys.cancelled(job), "{}");
  }
  await pipeline.ledger.cancelling(halfway.job);
  const steps = await repairs(pipeline, 2);
  for (const { job } of [forgotten, halfway]) {
    assert.ok(steps.includes(`cancelled ${job} again`), steps.join());
    assert.equal((await pipeline.jobs.view(job))?.state, "cancelled");
  }
});

test("a submission that was taken back halfway leaves no job", async () => {
  await using site = await openTestSite();
  const { pipeline } = site;
  const job = sampleJob();
  await pipeline.jobs.submit(job);
  await pipeline.objects.deletePrefix(objectKeys.job(job.id));
  const steps = await repairs(pipeline, 2);
  assert.deepEqual(steps, [`forgot ${job.id}, which was never accepted`]);
  assert.equal(await pipeline.redis.exists(jobKey(job.id)), 0);
  assert.deepEqual(await pipeline.jobs.active(), []);
});

test("what a job left when it ended is cleared, once nobody can work for it any more", async () => {
  await using site = await openTestSite();
  const { pipeline } = site;
  const driver = await plannedJob(pipeline);
  await pipeline.jobs.cancel(driver.job);
  const zombie = `${objectKeys.work(driver.job)}/${driver.ep}/infer/late`;
  await pipeline.objects.put(zombie, "{}");
  await repairs(pipeline, 2);
  assert.notEqual(await pipeline.objects.stat(zombie), undefined, "a zombie may still live");
  await repairs(pipeline, 1, newMemory(0));
  assert.equal(await pipeline.objects.stat(zombie), undefined);
  assert.deepEqual(await pipeline.jobs.active(), []);
});

test("the reconciler runs until it is stopped, and outlives a Redis that answers nonsense", async () => {
  await using site = await openTestSite();
  const { pipeline } = site;
  const steps: string[] = [];
  const errors: unknown[] = [];
  const reconciler = createReconciler(pipeline, {
    intervalMs: 10,
    events: { onRepair: (step) => steps.push(step), onRepairError: (error) => errors.push(error) },
  });
  await pipeline.redis.set("fq:{here}:active", "not a set");
  reconciler.start();
  await eventually("it complains", async () => errors.length > 0);
  await pipeline.redis.del("fq:{here}:active");
  const job = sampleJob();
  await pipeline.objects.put(objectKeys.accepted(job.id), JSON.stringify(job));
  await pipeline.redis.sadd("fq:{here}:active", job.id);
  await eventually("it repairs", async () => steps.length > 0);
  await reconciler.stop();
  assert.deepEqual(steps, [`took ${job.id} in again`]);
});
