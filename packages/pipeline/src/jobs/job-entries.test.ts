import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { type JobId, type JobResult, newJobId, ProblemError } from "@framequeue/contracts";
import type { ObjectStore } from "@framequeue/storage";
import { entryOf, MAX_ENTRY_BYTES, viewOf } from "./job-entries.ts";
import { createJobs } from "./jobs.ts";
import { jobEntriesKey, jobKey, ledgerKeys, objectKeys } from "../ledger/keys.ts";
import { newPassMemory, reconcile } from "../reconcile/reconciler.ts";
import { openTestSite, sampleJob, type TestSite } from "../testing/test-site.ts";

let site: TestSite;
before(async () => {
  site = await openTestSite();
});
after(() => site[Symbol.asyncDispose]());
beforeEach(async () => {
  await site.pipeline.redis.flushall();
  await site.pipeline.objects.deletePrefix("jobs");
});

const KEY = jobEntriesKey("here");
const problem = new ProblemError("source-damaged", "No frame decodes.").toProblem();

const resultOf = (job: JobId, more: Partial<JobResult> = {}): JobResult => ({
  v: 1,
  job,
  run: 1,
  state: "succeeded",
  finishedAt: "2026-01-01T00:10:00.000Z",
  warnings: [{ code: "inference-error", detail: "Frames 3 to 3 have no result." }],
  artifacts: { "mot.txt": { key: `jobs/${job}/artifacts/1/mot.txt`, bytes: 3, sha256: "aa" } },
  ...more,
});

async function submit(): Promise<JobId> {
  const job = sampleJob();
  await site.pipeline.jobs.submit(job);
  return job.id;
}

async function finished(more: Partial<JobResult> = {}): Promise<JobId> {
  const id = await submit();
  await site.pipeline.jobs.finish(resultOf(id, more));
  return id;
}

async function passes(count: number, memory = newPassMemory({ zombieMs: 0 })): Promise<void> {
  for (let i = 0; i < count; i++) await Array.fromAsync(reconcile(site.pipeline, memory));
}

/** The jobs on an object store that counts what is read of it. */
function counting() {
  let reads = 0;
  const { objects } = site.pipeline;
  const counted: ObjectStore = {
    ...objects,
    get: (key) => (reads++, objects.get(key)),
    stat: (key) => (reads++, objects.stat(key)),
    names: (prefix) => (reads++, objects.names(prefix)),
  };
  return {
    jobs: createJobs({ ...site.pipeline, objects: counted }),
    taken: (): number => {
      const taken = reads;
      reads = 0;
      return taken;
    },
  };
}

/** That the list shows of every job what a look at its objects does. Answers how many objects the list read. */
async function assertListIsRight(what: string): Promise<number> {
  const { jobs, taken } = counting();
  const listed = await jobs.list({ limit: 50 });
  const reads = taken();
  assert.ok(listed.length > 0, what);
  for (const view of listed) {
    assert.deepEqual(view, await site.pipeline.jobs.view(view.id), what);
    assert.equal(JSON.stringify(await jobs.glance(view.id)), JSON.stringify(view), what);
  }
  return reads;
}

test("where entry and ledger part ways, the ledger is right, or the objects are asked", () => {
  const id = newJobId();
  const { run, state, finishedAt, warnings } = resultOf(id, { run: 2, state: "failed" });
  const end = { run, state, finishedAt, warnings, problem, files: [] };
  const job = sampleJob(id);
  const cases = [
    [end, { st: "failed", run: "2" }, "failed"],
    [end, undefined, "failed"],
    [end, { st: "queued", run: "3" }, "queued"],
    [end, { st: "running", run: "2" }, "running"],
    [end, { st: "cancelling", run: "2" }, "cancelling"],
    [end, { st: "cancelled", run: "2" }, "cancelled"],
    [end, { st: "failed", run: "1" }, undefined],
    [end, { st: "failed", run: "3" }, undefined],
    [end, { st: "succeeded", run: "2" }, undefined],
    [undefined, { st: "running" }, "running"],
    [undefined, { st: "succeeded" }, undefined],
    [undefined, { st: "cancelled" }, "cancelled"],
    [undefined, undefined, undefined],
    ["cancelled", undefined, "cancelled"],
    ["cancelled", { st: "succeeded" }, undefined],
  ] as const;
  for (const [kept, record, wanted] of cases) {
    const shown = viewOf(id, entryOf(job, kept), record);
    assert.equal(shown?.state, wanted, JSON.stringify([kept, record]));
  }
});

test("the list is right, and reads no objects, through the life of a job", async () => {
  const { jobs, ledger, redis } = site.pipeline;
  const id = await submit();
  const right = async (what: string): Promise<void> =>
    assert.equal(await assertListIsRight(what), 0, what);
  await right("queued");
  await ledger.validate(id);
  await right("validating");
  await jobs.pause(id);
  await right("paused");
  await jobs.fail(id, problem);
  await right("failed");
  await jobs.retry(id);
  await right("another run");
  await jobs.finish(resultOf(id, { run: 2 }));
  await right("ended again");
  await redis.del(...ledgerKeys(id));
  await right("ended long ago");
  const cancelled = await submit();
  await jobs.cancel(cancelled);
  await right("cancelled");
  await redis.del(...ledgerKeys(cancelled));
  await right("cancelled long ago");
  for (const each of [id, cancelled]) await jobs.remove(each);
  assert.equal(await redis.exists(KEY), 0);
});

test("jobs without an entry, or with one that nobody can read, get one from the first list", async () => {
  const { redis } = site.pipeline;
  const ids = [await finished(), await submit()];
  const strikes = {
    "of the version before": () => redis.del(KEY),
    "no JSON": () => redis.hset(KEY, Object.fromEntries(ids.map((id) => [id, "{"]))),
    "of a later version": () =>
      redis.hset(KEY, Object.fromEntries(ids.map((id) => [id, '{"v":2}']))),
  };
  for (const [what, strike] of Object.entries(strikes)) {
    await strike();
    assert.ok((await assertListIsRight(what)) > 0, what);
    assert.equal(await assertListIsRight(what), 0, what);
  }
});

test("an entry of the run before, which Redis went back to, is no end of this one", async () => {
  const { jobs, redis } = site.pipeline;
  const id = await finished({ state: "failed", problem });
  const entry = (await redis.hget(KEY, id))!;
  await jobs.retry(id);
  await jobs.finish(resultOf(id, { run: 2 }));
  await redis.hset(KEY, id, entry);
  assert.ok((await assertListIsRight("older")) > 0);
  assert.equal((await jobs.list({ limit: 1 }))[0]!.state, "succeeded");
  // Where Redis has forgotten the run too, the reconciler knows.
  await redis.hset(KEY, id, entry);
  await redis.del(jobKey(id));
  await passes(1);
  assert.equal(await assertListIsRight("older, and no record"), 0);
});

test("a Redis that was emptied has the whole list again after two passes, whatever became of the jobs", async () => {
  const { jobs, redis, objects } = site.pipeline;
  const ended = [await finished(), await finished({ state: "failed", problem })];
  const cancelled = await submit();
  await jobs.cancel(cancelled);
  const damaged = await finished();
  await objects.put(objectKeys.result(damaged), "{}");
  const running = await submit();
  const before = (await jobs.list({ limit: 50 })).map(({ id }) => id).sort();
  assert.equal(before.length, 5);
  await redis.flushall();
  await passes(2);
  assert.deepEqual((await jobs.list({ limit: 50 })).map(({ id }) => id).sort(), before);
  await assertListIsRight("emptied");
  const states = new Map((await jobs.list({ limit: 50 })).map(({ id, ...view }) => [id, view]));
  assert.deepEqual(
    [...ended, cancelled, running].map((id) => states.get(id)!.state),
    ["succeeded", "failed", "cancelled", "queued"],
  );
  assert.equal(states.get(damaged)!.problem?.code, "record-damaged");
});

test("a job whose deletion Redis forgot leaves the list again", async () => {
  const { jobs, redis } = site.pipeline;
  const [kept, deleted] = [await finished(), await finished()];
  const [entry, score] = [(await redis.hget(KEY, deleted))!, Date.now()];
  await jobs.remove(deleted);
  await redis.zadd("fq:{here}:jobs", score, deleted);
  await redis.hset(KEY, deleted, entry);
  await passes(2);
  assert.deepEqual(
    (await jobs.list({ limit: 9 })).map(({ id }) => id),
    [kept],
  );
  assert.deepEqual(await redis.hkeys(KEY), [kept]);
});

test("a job that is deleted while somebody puts it into the list is in it no more", async () => {
  const { jobs, redis, objects } = site.pipeline;
  const id = await finished();
  const job = (await jobs.accepted(id))!;
  const racing = createJobs({
    ...site.pipeline,
    objects: {
      ...objects,
      async delete(key) {
        if (key === objectKeys.accepted(id)) await jobs.enlist(id, job);
        await objects.delete(key);
      },
    },
  });
  await racing.remove(id);
  assert.equal(await jobs.enlist(id, job), false);
  assert.deepEqual(await redis.keys("fq:{here}:*"), []);
});

test("what one look at a job finds damaged, the list shows until it is back", async () => {
  const { jobs, objects } = site.pipeline;
  const id = await finished();
  const key = objectKeys.result(id);
  const result = await objects.get(key);
  await objects.put(key, "{}");
  await assert.rejects(jobs.result(id), { code: "record-damaged" });
  assert.equal((await jobs.list({ limit: 1 }))[0]!.problem?.code, "record-damaged");
  await assertListIsRight("damaged");
  await objects.put(key, result);
  await assertListIsRight("back");
  assert.equal(await assertListIsRight("back"), 0);
});

test("a result that came too late for a cancellation leaves no entry of its own", async () => {
  const { jobs, redis, objects } = site.pipeline;
  const id = await submit();
  const late = createJobs({
    ...site.pipeline,
    objects: {
      ...objects,
      async put(key, body, options) {
        if (key === objectKeys.result(id)) await jobs.cancel(id);
        await objects.put(key, body, options);
      },
    },
  });
  await late.finish(resultOf(id));
  await assertListIsRight("cancelled");
  await redis.del(jobKey(id));
  assert.equal((await jobs.list({ limit: 1 }))[0]!.state, "cancelled");
});

test("an entry is bounded: of a job that has more to say, the list reads the objects", async () => {
  const { redis } = site.pipeline;
  const warnings = Array.from({ length: 200 }, (_, i) => ({
    code: "inference-error",
    detail: `Frames ${i} to ${i} have no result.`,
  }));
  const id = await finished({ state: "succeeded_with_warnings", warnings });
  assert.ok(Buffer.byteLength((await redis.hget(KEY, id))!) < MAX_ENTRY_BYTES);
  for (const _ of [1, 2]) assert.ok((await assertListIsRight("long")) > 0);
});

test("a Redis that takes no writes shows the list nevertheless", async () => {
  const { redis } = site.pipeline;
  const id = await finished();
  await redis.del(KEY);
  await redis.config("SET", "maxmemory", "1");
  try {
    const [shown] = await site.pipeline.jobs.list({ limit: 9 });
    assert.equal(shown?.id, id);
  } finally {
    await redis.config("SET", "maxmemory", "0");
  }
});
