import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { InferredBatch, Part } from "@framequeue/contracts";
import { getSealed } from "@framequeue/storage";
import { z } from "zod";
import { IntermediateLost, putIntermediate, readIntermediate } from "./intermediates.ts";
import { objectKeys } from "../ledger/keys.ts";
import { payloadOf } from "./payloads.ts";
import { reconcile } from "../reconcile/reconciler.ts";
import { remake } from "./remake.ts";
import { createStageRunner } from "../queues/stage-runner.ts";
import { Standstill } from "../queues/standstill.ts";
import { Suspects } from "../reconcile/suspects.ts";
import { LedgerDriver, names, PLAN } from "../testing/ledger-driver.ts";
import {
  eventually,
  openTestSite,
  sampleJob,
  samplePixels,
  type TestSite,
} from "../testing/test-site.ts";

let site: TestSite;
before(async () => {
  site = await openTestSite();
});
after(() => site[Symbol.asyncDispose]());
beforeEach(() => site.pipeline.redis.flushall());

/** A job that runs, with one tracked batch and one with pixels. */
async function running(): Promise<{ driver: LedgerDriver; part: string }> {
  const { jobs, ledger, objects, frames } = site.pipeline;
  const job = sampleJob();
  await jobs.submit(job);
  const driver = new LedgerDriver(ledger, job.id, "ep");
  await ledger.plan(job.id, "ep", { ...PLAN, segments: 1 });
  await objects.put(objectKeys.plan(job.id, "ep"), "{}");
  await driver.segBegin(0, "l");
  await driver.finish(0, "l", 0);
  const batches: InferredBatch[] = [{ k: "0.0", frames: 4, ranges: [{ f: 0, t: 4 }] }];
  const body: Part = { v: 1, rows: [], batches };
  const part = await putIntermediate(objects, job.id, "ep", "part", JSON.stringify(body));
  const run = await driver.trackBegin();
  await ledger.trackCommit(job.id, "ep", run, 1, "ck", 4, part);
  await driver.put(0, "l", 1);
  await frames.put(payloadOf(job.id, "ep", "0.1", "a"), samplePixels(job.id));
  return { driver, part };
}

const lost = new IntermediateLost("jobs/j/work/ep/part/x");

test("the job goes on in another epoch, which adopts what the one before left", async () => {
  const { ledger, frames, objects } = site.pipeline;
  const { driver, part } = await running();
  const { job } = driver;
  assert.equal(await remake(site.pipeline, job, "ep", lost), true);
  await remake(site.pipeline, job, "ep", lost);
  assert.deepEqual(await Array.fromAsync(frames.list(job)), []);
  assert.deepEqual(names(await ledger.due(job)), ["ingest #1"]);
  const kept = objectKeys.kept(job, "ep");
  assert.deepEqual(await ledger.validate(job), { a: "ok", run: 1, kept });
  assert.notEqual(await objects.stat(kept), undefined);
  const { data } = z
    .object({ parts: z.array(z.string()) })
    .safeParse(await getSealed(objects, kept));
  assert.deepEqual(data?.parts, [part], "the second who found it lost has nothing to keep");
  await ledger.plan(job, "ep2", PLAN);
  assert.equal(await remake(site.pipeline, job, "ep", lost), false, "one who comes late");
  assert.equal((await ledger.read(job))!["ep"], "ep2");
});

test("a disk that loses everything again and again ends the job with that", async () => {
  const { ledger, jobs } = site.pipeline;
  const { driver } = await running();
  const { job } = driver;
  for (let round = 0; round < 20; round++) {
    assert.equal(await remake(site.pipeline, job, round === 0 ? "ep" : `ep${round}`, lost), true);
    await ledger.validate(job);
    await ledger.plan(job, `ep${round + 1}`, PLAN);
  }
  assert.equal(await remake(site.pipeline, job, "ep20", lost), true);
  const view = (await jobs.view(job))!;
  assert.deepEqual([view.state, view.problem?.code], ["failed", "store-unreliable"]);
});

for (const [what, strike] of [
  ["gone", (key: string) => site.pipeline.objects.delete(key)],
  ["empty", (key: string) => site.pipeline.objects.put(key, "")],
  ["another one", (key: string) => site.pipeline.objects.put(key, "{}")],
] as const) {
  test(`a step that finds what it needs ${what} begins the job anew, and no attempt counts`, async () => {
    const { queues, ledger, objects } = site.pipeline;
    const { driver, part } = await running();
    await strike(part);
    const outcomes: string[] = [];
    const runner = createStageRunner({
      queue: "track",
      handlers: { track: async () => void (await readIntermediate(objects, part)) },
      concurrency: 1,
      pipeline: site.pipeline,
      maxAttempts: 1,
      events: { onTask: ({ outcome }) => outcomes.push(outcome) },
    });
    await runner.start();
    try {
      await queues.add({ v: 1, stage: "track", job: driver.job, epoch: "ep", q: 1 });
      await eventually("the task is over", async () => outcomes.length > 0);
    } finally {
      await runner.stop(0);
    }
    assert.deepEqual(outcomes, ["lost"]);
    assert.equal((await ledger.read(driver.job))!["st"], "queued");
  });
}

test("two passes see that a plan is gone, and have another made", async () => {
  const { ledger, objects, jobs } = site.pipeline;
  const { driver } = await running();
  const memory = {
    suspects: new Suspects(),
    zombieMs: 1e9,
    agreed: new Map(),
    isListHeld: false,
    standstill: new Standstill(),
    abandonedMs: 1e9,
  };
  const pass = async (): Promise<unknown> => Array.fromAsync(reconcile(site.pipeline, memory));
  await pass();
  await objects.delete(objectKeys.plan(driver.job, "ep"));
  await pass();
  assert.equal((await ledger.read(driver.job))!["ep"], "ep", "it may just be ending");
  await pass();
  assert.deepEqual(names(await ledger.due(driver.job)), ["ingest #1"]);
  assert.equal((await jobs.view(driver.job))!.state, "queued");
});
