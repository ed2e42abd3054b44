import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { type JobId, newJobId, QUEUE_PREFIX, type Stage } from "@framequeue/contracts";
import { ledgerKeys } from "./keys.ts";
import { createStageRunner } from "../queues/stage-runner.ts";
import { LedgerDriver, names, PLAN } from "../testing/ledger-driver.ts";
import { eventually, openTestSite, sampleJob, type TestSite } from "../testing/test-site.ts";

let site: TestSite;
before(async () => {
  site = await openTestSite();
});
after(() => site[Symbol.asyncDispose]());
beforeEach(() => site.pipeline.redis.flushall());

async function submit(): Promise<JobId> {
  const job = sampleJob();
  await site.pipeline.jobs.submit(job);
  return job.id;
}

async function submitAndPlan(plan: Partial<typeof PLAN> = {}): Promise<LedgerDriver> {
  const driver = new LedgerDriver(site.pipeline.ledger, await submit(), "ep");
  const { due } = await driver.ledger.plan(driver.job, "ep", { ...PLAN, segments: 1, ...plan });
  await site.pipeline.queues.addDue(driver.job, "ep", due);
  return driver;
}

/** Ids of the tasks that a queue holds, in whatever state, without what all of the job have in common. */
async function tasks(stage: Stage, job: JobId): Promise<string[]> {
  const keys = await site.pipeline.redis.keys(`${QUEUE_PREFIX}:${stage}:*${job}*`);
  return keys.map((key) => key.slice(key.lastIndexOf(":") + 1).replace(`-${job}`, "")).toSorted();
}

test("a job that is paused before its plan: ingest is turned away once, and comes back", async () => {
  const { jobs, ledger, queues } = site.pipeline;
  const id = await submit();
  await jobs.pause(id);
  await jobs.pause(id);
  assert.equal((await jobs.view(id))!.state, "paused");
  assert.equal((await ledger.validate(id)).a, "skip");
  assert.equal((await jobs.view(id))!.state, "paused");
  await jobs.resume(id);
  // The task that was turned away may still be on its way out of the queue.
  assert.deepEqual(await tasks("ingest", id), ["ingest", "ingest-1"]);
  await jobs.resume(id);
  assert.deepEqual(await tasks("ingest", id), ["ingest", "ingest-1"]);
  assert.equal((await ledger.validate(id)).a, "ok");
  assert.equal((await jobs.view(id))!.state, "validating");
  await queues.addDue(id, "", [{ stage: "ingest", item: "", q: 0 }]);
  assert.equal((await tasks("ingest", id)).length, 2, "generation 0 is the one of the submission");
});

test("a task that still waits keeps its place, one that was turned away gets a successor", async () => {
  const { jobs, ledger } = site.pipeline;
  const d = await submitAndPlan({ segments: 2 });
  await jobs.pause(d.job);
  assert.equal((await ledger.segBegin(d.job, d.ep, 0, "l", "by")).a, "skip");
  await jobs.resume(d.job);
  await jobs.resume(d.job);
  assert.deepEqual(await tasks("decode", d.job), [
    "decode-ep-0-1",
    "decode-ep-0-2",
    "decode-ep-1-1",
  ]);
});

test("a plan that comes while the job is paused is taken, and starts nothing", async () => {
  const { jobs, ledger } = site.pipeline;
  const id = await submit();
  assert.equal((await ledger.validate(id)).a, "ok");
  await jobs.pause(id);
  const d = new LedgerDriver(ledger, id, "ep");
  assert.equal((await ledger.plan(id, "ep", { ...PLAN, segments: 1 })).a, "ok");
  assert.equal((await ledger.segBegin(id, "ep", 0, "l", "by")).a, "skip");
  assert.deepEqual(await d.due(), []);
  assert.deepEqual(names(await ledger.resume(id)), ["decode 0 #2"]);
});

test("what runs when the pause comes may commit, and nothing is due again and again", async () => {
  const { jobs, ledger } = site.pipeline;
  const d = await submitAndPlan();
  await d.segBegin(0, "l");
  await d.put(0, "l", 0);
  await d.put(0, "l", 1);
  const range = await d.begin("0.0", "i");
  await d.acquire(0, "l", 2);
  await jobs.pause(d.job);
  assert.equal((await d.publish(0, "l", 2)).a, "ok");
  assert.equal((await d.commit("0.0", "i", range)).a, "done");
  assert.equal((await d.acquire(0, "l", 3)).a, "stale");
  for (const lease of ["j", "k"]) {
    const { a, due } = await ledger.begin(d.job, d.ep, "0.1", lease, "infer");
    assert.deepEqual([a, due], ["skip", undefined]);
    assert.deepEqual(await ledger.trackBegin(d.job, d.ep, 8), { a: "none" });
    assert.deepEqual(await d.due(), []);
  }
  const due = ["decode 0 #2", "infer 0.1 #3", "infer 0.2 #1", "track #3"];
  assert.deepEqual(names(await ledger.resume(d.job)), due);
  assert.deepEqual(names(await ledger.resume(d.job)), due);
  assert.deepEqual(await d.begin("0.1", "l"), [0, 4], "a pause is no attempt");
});

test("a holder that died before the pause leaves nothing that only its task would take up", async () => {
  const { jobs, ledger } = site.pipeline;
  const d = await submitAndPlan();
  await d.segBegin(0, "dead");
  await d.put(0, "dead", 0);
  await d.begin("0.0", "dead too");
  await jobs.pause(d.job);
  assert.equal((await ledger.segBegin(d.job, d.ep, 0, "again", "by")).a, "skip");
  assert.equal((await ledger.begin(d.job, d.ep, "0.0", "again", "infer")).a, "skip");
  assert.deepEqual(names(await ledger.resume(d.job)), ["decode 0 #2", "infer 0.0 #2"]);
});

test("index, render and the last step wait for a paused job too", async () => {
  const { jobs, ledger } = site.pipeline;
  const d = await submitAndPlan({ steps: ["index", "render", "finalize"] });
  await d.segBegin(0, "l");
  await d.finish(0, "l", 0);
  await d.track();
  await d.end(0, "l", 1);
  const begin = async (stage: "index" | "render" | "finalize") =>
    (await ledger.postBegin(d.job, d.ep, stage)).a;
  assert.deepEqual([await begin("index"), await begin("render")], ["run", "run"]);
  await jobs.pause(d.job);
  assert.equal((await jobs.view(d.job))!.state, "paused");
  assert.equal((await ledger.postCommit(d.job, d.ep, "index", "i")).a, "ok");
  assert.equal(await begin("render"), "skip");
  assert.deepEqual(names(await ledger.resume(d.job)), ["render #2"]);
  assert.equal(await begin("index"), "skip", "it is there");
  await jobs.pause(d.job);
  assert.deepEqual(names(await ledger.postCommit(d.job, d.ep, "render", "r")), ["finalize #1"]);
  assert.equal(await begin("finalize"), "skip");
  assert.deepEqual(names(await ledger.resume(d.job)), ["finalize #2"]);
  assert.equal(await begin("finalize"), "run");
  assert.equal((await ledger.postBegin(d.job, "other", "finalize")).a, "gone");
});

test("what cannot be paused or resumed says so", async () => {
  const { jobs, redis } = site.pipeline;
  for (const change of [(id: JobId) => jobs.pause(id), (id: JobId) => jobs.resume(id)]) {
    await assert.rejects(change(newJobId()), { code: "job-not-found" });
    const cancelled = await submit();
    await jobs.cancel(cancelled);
    await assert.rejects(change(cancelled), { code: "job-ended" });
    await redis.del(...ledgerKeys(cancelled));
    await assert.rejects(change(cancelled), { code: "job-ended" }, "forgotten");
    const failed = await submit();
    await jobs.fail(failed, sampleProblem());
    await assert.rejects(change(failed), { code: "job-ended" });
    await redis.del(...ledgerKeys(failed));
    await assert.rejects(change(failed), { code: "job-ended" }, "forgotten");
  }
});

const sampleProblem = () => ({
  type: "urn:framequeue:problem:source-damaged",
  title: "Nothing can be decoded from the source",
  status: 422,
  code: "source-damaged" as const,
  detail: "No frame decodes.",
});

test("a job that Redis forgot can be paused, and goes on from its start", async () => {
  const { jobs, redis } = site.pipeline;
  const id = await submit();
  await redis.flushall();
  await jobs.pause(id);
  assert.equal((await jobs.view(id))!.state, "paused");
  await jobs.resume(id);
  assert.deepEqual(await tasks("ingest", id), ["ingest"]);
});

test("a cancelled pause leaves nothing behind", async () => {
  const { jobs, redis } = site.pipeline;
  const d = await submitAndPlan();
  await d.segBegin(0, "l");
  await d.put(0, "l", 0);
  await jobs.pause(d.job);
  await jobs.cancel(d.job);
  assert.equal((await jobs.view(d.job))!.state, "cancelled");
  assert.deepEqual(await redis.keys(`fq:{${d.job}}:*`), [`fq:{${d.job}}:job`]);
});

test("resumed in the very moment in which a worker turns the task away, it runs", async () => {
  const { pipeline } = site;
  const { jobs, ledger } = pipeline;
  const d = await submitAndPlan();
  const begun: string[] = [];
  await jobs.pause(d.job);
  const runner = createStageRunner({
    queue: "decode",
    concurrency: 1,
    pipeline,
    handlers: {
      async decode({ job, epoch, segment, q }, { delivery }) {
        const { a } = await ledger.segBegin(job, epoch, segment, delivery, delivery);
        begun.push(`#${q} ${a}`);
        if (a === "skip") await jobs.resume(job);
      },
    },
  });
  await runner.start();
  await eventually("the segment was begun", async () => begun.includes("#2 ok"));
  await runner.stop(10_000);
  assert.deepEqual(begun, ["#1 skip", "#2 ok"]);
});
