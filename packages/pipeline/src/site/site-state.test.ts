import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { newJobId } from "@framequeue/contracts";
import { createSiteLook } from "./site-look.ts";
import { readSiteState } from "./site-state.ts";
import { LedgerDriver } from "../testing/ledger-driver.ts";
import { openTestSite, sampleJob, type TestSite } from "../testing/test-site.ts";

let site: TestSite;
before(async () => {
  site = await openTestSite();
});
after(() => site[Symbol.asyncDispose]());
beforeEach(() => site.pipeline.redis.flushall());

const look = () => readSiteState(site.pipeline);

/** A planned job that the site knows of, with 40 frames to expect. */
async function planned(options: Parameters<typeof LedgerDriver.plan>[1] = {}) {
  const { driver } = await LedgerDriver.plan(site.pipeline.ledger, { total: 40, ...options });
  await site.pipeline.redis.sadd("fq:{here}:active", driver.job);
  return driver;
}

test("a site without jobs has nothing left", async () => {
  const { framesLeft, jobs, credits, grantedBytes, queues } = await look();
  assert.deepEqual(framesLeft, { decode: 0, enhance: 0, infer: 0, track: 0, render: 0 });
  assert.deepEqual(jobs, []);
  assert.deepEqual(credits, { held: 0, window: 0 });
  assert.equal(grantedBytes, 0);
  assert.deepEqual(queues.infer, { waiting: 0, active: 0, delayed: 0 });
});

test("tasks count wherever they wait, with a priority or without", async () => {
  const { queues } = site.pipeline;
  const task = { v: 1, job: newJobId(), epoch: "e", q: 1 } as const;
  await queues.add({ ...task, stage: "infer", batch: "0.0" });
  await queues.add({ ...task, stage: "infer", batch: "0.1" });
  await queues.add({ ...task, stage: "track" });
  const seen = (await look()).queues;
  assert.deepEqual([seen.infer.waiting, seen.track.waiting, seen.decode.waiting], [2, 1, 0]);
});

test("what is left is counted from the ledger, stage by stage, until the job ends", async () => {
  const d = await planned({ segments: 1, window: 7, steps: ["index", "render", "finalize"] });
  await d.segBegin(0, "l");
  await d.put(0, "l", 0);
  const published = await look();
  assert.deepEqual(published.framesLeft, {
    decode: 36,
    enhance: 0,
    infer: 40,
    track: 40,
    render: 0,
  });
  assert.deepEqual(published.credits, { held: 1, window: 7 });
  assert.deepEqual(
    published.jobs.map(({ id, phase }) => [id, phase]),
    [[d.job, "running"]],
  );
  await site.pipeline.ledger.end(
    d.job,
    { state: "failed", finishedAt: "2026-01-01T00:00:00Z" },
    60,
  );
  assert.equal((await look()).framesLeft.infer, 0);
  assert.deepEqual((await look()).jobs, []);
});

test("a job without a plan counts as an average one, a paused one as none", async () => {
  const d = await planned();
  await site.pipeline.jobs.submit(sampleJob());
  const { framesLeft, jobs } = await look();
  assert.deepEqual([framesLeft.infer, framesLeft.render], [80, 0]);
  assert.deepEqual(jobs.map(({ phase }) => phase).sort(), ["queued", "waiting"]);
  await site.pipeline.ledger.pause(d.job);
  const paused = await look();
  assert.equal(paused.framesLeft.infer, 40);
  assert.deepEqual(paused.jobs.map(({ phase }) => phase).sort(), ["paused", "queued"]);
});

test("a job that is worked on and does not get on is told of; one that waits for its turn is not", async () => {
  const lookAll = createSiteLook(site.pipeline);
  const d = await planned({ segments: 1 });
  await lookAll();
  assert.deepEqual((await lookAll()).stalled, []);
  await d.segBegin(0, "l");
  await lookAll();
  const [stalled] = (await lookAll()).stalled;
  assert.equal(stalled?.job, d.job);
  await d.put(0, "l", 0);
  assert.deepEqual((await lookAll()).stalled, []);
});

test("Redis tells its memory and whether it keeps what it is told", async () => {
  const { redis } = await createSiteLook(site.pipeline)();
  assert.ok(redis.usedBytes > 0 && redis.limitBytes > redis.usedBytes);
  assert.equal(redis.persists, false, "the test's Redis has no append-only file");
});
