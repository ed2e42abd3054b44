import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, beforeEach, test } from "node:test";
import {
  type JobId,
  type JobResult,
  newJobId,
  ProblemError,
  QUEUE_PREFIX,
} from "@framequeue/contracts";
import type { ObjectStore } from "@framequeue/storage";
import { createJobs } from "./jobs.ts";
import { jobKey, ledgerKeys, objectKeys } from "../ledger/keys.ts";
import { grantId, payloadOf } from "../protocol/payloads.ts";
import { newPassMemory, reconcile } from "../reconcile/reconciler.ts";
import { LedgerDriver, PLAN } from "../testing/ledger-driver.ts";
import { openTestSite, sampleJob, samplePixels, type TestSite } from "../testing/test-site.ts";

let site: TestSite;
before(async () => {
  site = await openTestSite();
});
after(() => site[Symbol.asyncDispose]());
beforeEach(() => site.pipeline.redis.flushall());

const state = async (id: JobId): Promise<string | undefined> =>
  (await site.pipeline.jobs.view(id))?.state;
const objectsOf = async (id: JobId): Promise<string[]> =>
  (await Array.fromAsync(site.pipeline.objects.list(objectKeys.job(id))))
    .map((key) => key.slice(objectKeys.job(id).length + 1))
    .sort();

async function submit(): Promise<JobId> {
  const job = sampleJob();
  await site.pipeline.jobs.submit(job);
  return job.id;
}

/** A job in full swing: a tracked batch, one with pixels, one held; a source, a plan, intermediates. */
async function submitAndRun(): Promise<LedgerDriver> {
  const { ledger, frames, objects } = site.pipeline;
  const driver = new LedgerDriver(ledger, await submit(), "ep");
  const { job, ep } = driver;
  await objects.put(objectKeys.source(job, "street.mp4"), "video");
  await objects.put(objectKeys.plan(job, ep), "{}");
  await objects.put(objectKeys.intermediate(job, ep, "part", "abc"), "{}");
  await ledger.plan(job, ep, { ...PLAN, segments: 1, total: 40 });
  await driver.segBegin(0, "l");
  await driver.finish(0, "l", 0);
  await driver.track();
  await driver.put(0, "l", 1);
  await driver.acquire(0, "l", 2);
  for (const k of ["0.1", "0.2"] as const) {
    await ledger.grant(grantId(job, ep, k), "tok", 9, 100);
    await frames.put(payloadOf(job, ep, k, "a"), samplePixels(job));
  }
  return driver;
}

function resultOf(job: JobId, more: Partial<JobResult> = {}): JobResult {
  return {
    v: 1,
    job,
    run: 1,
    state: "succeeded",
    finishedAt: "2026-01-01T00:10:00.000Z",
    warnings: [],
    artifacts: { "mot.txt": { key: `jobs/${job}/artifacts/1/mot.txt`, bytes: 3, sha256: "aa" } },
    ...more,
  };
}

/** No key but the record, which will go; no pixels, no bytes of the site, no intermediates. */
async function assertNothingIsLeft(id: JobId, kept: readonly string[] = []): Promise<void> {
  const { redis, frames } = site.pipeline;
  assert.deepEqual(await redis.keys(`fq:{${id}}:*`), [jobKey(id)]);
  assert.ok((await redis.ttl(jobKey(id))) > 0);
  assert.deepEqual(await Array.fromAsync(frames.list(id)), []);
  // The reconciler looks after a job for a while yet, in case somebody does not know of its end.
  assert.deepEqual((await redis.keys("fq:{here}:*")).sort(), [
    "fq:{here}:active",
    "fq:{here}:entries",
    "fq:{here}:jobs",
  ]);
  assert.deepEqual(await workOf(id), kept);
}

const workOf = async (id: JobId): Promise<string[]> =>
  (await objectsOf(id)).filter((key) => key.startsWith("work/"));
/** What a retry could adopt. */
const KEPT = ["work/ep/kept.json", "work/ep/part/abc", "work/ep/plan.json"];

/** The same jobs on an object store where something happens just before a put of `key`. */
function jobsWithPut(key: string, happening: () => Promise<void>) {
  const objects: ObjectStore = {
    ...site.pipeline.objects,
    async put(at, body, options) {
      if (at === key) await happening();
      await site.pipeline.objects.put(at, body, options);
    },
  };
  return createJobs({ ...site.pipeline, objects });
}

test("an accepted job is an object, a record, an entry of the list and a task", async () => {
  const job = sampleJob();
  const { jobs, redis } = site.pipeline;
  await jobs.submit(job);
  assert.deepEqual(await jobs.accepted(job.id), job);
  assert.deepEqual(await redis.lrange(`${QUEUE_PREFIX}:ingest:wait`, 0, -1), [`ingest-${job.id}`]);
  assert.deepEqual(await jobs.list({ limit: 10 }), [
    {
      id: job.id,
      state: "queued",
      source: { name: "street.mp4" },
      models: job.models,
      priority: 5,
      run: 1,
      acceptedAt: job.acceptedAt,
      progress: { total: 0, decoded: 0, inferred: 0, tracked: 0, rendered: 0, indexed: false },
      warnings: [],
      results: {},
    },
  ]);
  assert.equal(await jobs.view(newJobId()), undefined);
});

test("a job is shown in the state that it is in", async () => {
  const { ledger, jobs } = site.pipeline;
  const id = await submit();
  await ledger.validate(id);
  assert.equal(await state(id), "validating");
  const driver = await submitAndRun();
  assert.equal(await state(driver.job), "running");
  assert.deepEqual((await site.pipeline.jobs.view(driver.job))!.progress, {
    total: 40,
    decoded: 8,
    inferred: 4,
    tracked: 4,
    rendered: 0,
    indexed: false,
  });
  await jobs.pause(driver.job);
  assert.equal(await state(driver.job), "paused");
  await jobs.resume(driver.job);
  await driver.infer("0.1");
  await driver.track();
  await ledger.unhold(driver.job, driver.ep, "0.2", "tok");
  await driver.end(0, "l", 2);
  assert.equal(await state(driver.job), "finalizing");
  await ledger.postCommit(driver.job, driver.ep, "index", "ref");
  await ledger.noteRendered(driver.job, 3);
  const { progress } = (await site.pipeline.jobs.view(driver.job))!;
  assert.deepEqual([progress.indexed, progress.rendered, progress.tracked], [true, 3, 8]);
});

test("the list is newest first, in pages that lose nothing between jobs of one moment", async () => {
  const { jobs } = site.pipeline;
  const at = ["2026-01-01", "2026-01-02", "2026-01-02", "2026-01-02", "2026-01-03"];
  for (const day of at) await jobs.submit(sampleJob(newJobId(), `${day}T00:00:00.000Z`));
  const all = await jobs.list({ limit: 10 });
  assert.deepEqual(
    all.map(({ acceptedAt }) => acceptedAt.slice(0, 10)),
    at.toReversed(),
  );
  const paged: JobId[] = [];
  for (let before: JobId | undefined; ;) {
    const page = await jobs.list({ limit: 2, ...(before === undefined ? {} : { before }) });
    if (page.length === 0) break;
    paged.push(...page.map(({ id }) => id));
    before = paged.at(-1);
  }
  assert.deepEqual(
    paged,
    all.map(({ id }) => id),
  );
  assert.equal((await jobs.list({ limit: 2, before: newJobId() })).length, 2, "from the start");
});

test("cancelling leaves the record, a tombstone, and nothing else", async () => {
  const { job } = await submitAndRun();
  await site.pipeline.jobs.cancel(job);
  assert.equal(await state(job), "cancelled");
  await assertNothingIsLeft(job);
  assert.deepEqual(await objectsOf(job), ["accepted.json", "cancelled.json"]);
  await site.pipeline.jobs.cancel(job);
  await site.pipeline.jobs.finish(resultOf(job));
  assert.equal(await state(job), "cancelled");
  assert.equal(await site.pipeline.jobs.result(job), undefined);
});

test("a job that is deleted leaves nothing, neither here nor when Redis forgets", async () => {
  const { jobs, redis } = site.pipeline;
  for (const isCancelled of [false, true]) {
    const { job } = await submitAndRun();
    await assert.rejects(jobs.remove(job), {
      code: "job-running",
      message: /POST \/v1\/jobs\/j\w+\/cancel/,
    });
    if (isCancelled) await jobs.cancel(job);
    else await jobs.finish(resultOf(job));
    await site.pipeline.objects.put(objectKeys.artifact(job, "mot.txt", "a".repeat(16)), "rows");
    await jobs.remove(job);
    assert.deepEqual(await objectsOf(job), []);
    assert.deepEqual(await redis.keys(`fq:{${job}}:*`), []);
    assert.equal((await redis.keys("fq:{here}:*")).length, 0);
    assert.deepEqual(await Array.fromAsync(site.pipeline.frames.list(job)), []);
    await assert.rejects(jobs.remove(job), { code: "job-not-found" });
    await assert.rejects(jobs.retry(job), { code: "job-not-found" });
  }
});

test("a job that Redis forgot can be deleted once it is over", async () => {
  const { jobs, redis } = site.pipeline;
  const running = await submit();
  const ended = await submit();
  await jobs.finish(resultOf(ended, { state: "failed" }));
  await redis.flushall();
  await assert.rejects(jobs.remove(running), { code: "job-running" });
  await jobs.remove(ended);
  assert.deepEqual(await objectsOf(ended), []);
});

test("a deletion that was broken off is finished by another one", async () => {
  const id = await submit();
  await site.pipeline.jobs.finish(resultOf(id, { state: "failed" }));
  const broken = createJobs({
    ...site.pipeline,
    objects: {
      ...site.pipeline.objects,
      deletePrefix: () => Promise.reject(new Error("the process died")),
    },
  });
  await assert.rejects(broken.remove(id), /died/);
  await assert.rejects(site.pipeline.jobs.retry(id), { code: "job-ended" }, "no run of it begins");
  await site.pipeline.jobs.remove(id);
  assert.deepEqual(await objectsOf(id), []);
});

test("a cancelled job stays so when Redis forgets it", async () => {
  const id = await submit();
  await site.pipeline.jobs.cancel(id);
  await site.pipeline.redis.flushall();
  assert.equal(await state(id), "cancelled");
  await site.pipeline.jobs.cancel(id);
});

test("what cannot be cancelled says so", async () => {
  const { jobs } = site.pipeline;
  await assert.rejects(jobs.cancel(newJobId()), { code: "job-not-found" });
  const id = await submit();
  await jobs.finish(resultOf(id));
  await assert.rejects(jobs.cancel(id), { code: "job-ended" });
  assert.equal(await state(id), "succeeded");
  assert.ok(!(await objectsOf(id)).includes("cancelled.json"));
});

test("a job that ends while it is being cancelled has ended", async () => {
  const id = await submit();
  const jobs = jobsWithPut(objectKeys.cancelled(id), () => site.pipeline.jobs.finish(resultOf(id)));
  await assert.rejects(jobs.cancel(id), { code: "job-ended" });
  assert.deepEqual(await objectsOf(id), ["accepted.json", "result.1.json"]);
  assert.equal(await state(id), "succeeded");
});

for (const [what, cancelling] of [
  ["cancelled", (id: JobId) => site.pipeline.jobs.cancel(id)],
  ["being cancelled", async (id: JobId) => void (await site.pipeline.ledger.cancelling(id))],
] as const) {
  test(`a result that comes when the job is ${what} is not kept`, async () => {
    const id = await submit();
    const jobs = jobsWithPut(objectKeys.result(id), () => cancelling(id));
    await jobs.finish(resultOf(id));
    assert.equal(await jobs.result(id), undefined);
    await jobs.cancel(id);
    assert.equal(await state(id), "cancelled");
    await assertNothingIsLeft(id);
  });
}

test("the first end stays", async () => {
  const { jobs } = site.pipeline;
  const { job } = await submitAndRun();
  const problem = new ProblemError("source-damaged", "No frame decodes.").toProblem();
  await jobs.fail(job, problem);
  await jobs.finish(resultOf(job));
  await jobs.fail(job, new ProblemError("internal", "Too late.").toProblem());
  const view = (await jobs.view(job))!;
  assert.deepEqual([view.state, view.problem, view.results], ["failed", problem, {}]);
  await assertNothingIsLeft(job, KEPT);
  assert.deepEqual(await objectsOf(job), [
    "accepted.json",
    "result.1.json",
    "source/street.mp4",
    ...KEPT,
  ]);
});

test("what is told of a job names files, and not where they are", async () => {
  const { jobs } = site.pipeline;
  const fault = "EIO: i/o error, read '/srv/fq/objects/jobs/x/part.0'";
  const { job: failing } = await submitAndRun();
  await jobs.fail(failing, new ProblemError("internal", fault).toProblem());
  assert.equal((await jobs.view(failing))!.problem!.detail, "EIO: i/o error, read 'part.0'");
  const { job: warned } = await submitAndRun();
  const warnings = [
    { code: "render-failed", detail: "/tmp/fq-render-1/overlay.ass: no such file" },
  ];
  await jobs.finish(resultOf(warned, { state: "succeeded_with_warnings", warnings }));
  const [told] = (await jobs.view(warned))!.warnings;
  assert.equal(told!.detail, "overlay.ass: no such file");
});

test("a finished job shows its results, also when Redis forgets it", async () => {
  const { jobs, redis } = site.pipeline;
  const { job } = await submitAndRun();
  const warnings = [{ code: "inference-error", detail: "Frames 3 to 3 have no result." }];
  await jobs.finish(resultOf(job, { state: "succeeded_with_warnings", warnings }));
  await assertNothingIsLeft(job, KEPT);
  await redis.del(...ledgerKeys(job));
  const view = (await jobs.view(job))!;
  assert.equal(view.state, "succeeded_with_warnings");
  assert.equal(view.finishedAt, "2026-01-01T00:10:00.000Z");
  assert.deepEqual(view.warnings, warnings);
  assert.deepEqual(view.results, { "mot.txt": `/v1/jobs/${job}/results/mot.txt` });
});

const damaged = new ProblemError("source-damaged", "No frame decodes.").toProblem();

test("a retry is another run, promised by an object, and the job can end again", async () => {
  const { jobs, ledger, redis } = site.pipeline;
  const { job } = await submitAndRun();
  await assert.rejects(jobs.retry(job), { code: "job-running" });
  await jobs.fail(job, damaged, "ep");
  await jobs.retry(job);
  const view = (await jobs.view(job))!;
  assert.deepEqual(
    [view.state, view.run, view.problem, view.progress.decoded],
    ["queued", 2, undefined, 0],
  );
  assert.deepEqual(await redis.keys(`fq:{${job}}:*`), [jobKey(job)]);
  assert.equal(await redis.ttl(jobKey(job)), -1);
  assert.ok((await objectsOf(job)).includes("retry.2.json"));
  await assert.rejects(jobs.retry(job), { code: "job-running" });
  assert.deepEqual(await ledger.validate(job), { a: "ok", run: 2 });

  await jobs.fail(job, damaged, "ep");
  assert.equal(await state(job), "validating", "the run before is over");
  await jobs.finish(resultOf(job));
  assert.equal(await state(job), "validating", "and so is its last step");
  const mot = await putArtifact(job);
  await jobs.finish(resultOf(job, { run: 2, artifacts: { "mot.txt": mot } }));
  assert.deepEqual([await state(job), (await jobs.view(job))!.run], ["succeeded", 2]);
  await assertNothingIsLeft(job);
  assert.deepEqual(await objectsOf(job), [
    "accepted.json",
    "artifacts/1/mot.txt",
    "result.2.json",
    "retry.2.json",
    "source/street.mp4",
  ]);
  await redis.flushall();
  assert.deepEqual([await state(job), (await jobs.view(job))!.run], ["succeeded", 2]);
  await assert.rejects(jobs.retry(job), { code: "job-ended" });
});

async function putArtifact(job: JobId): Promise<JobResult["artifacts"][string]> {
  const key = `jobs/${job}/artifacts/1/mot.txt`;
  await site.pipeline.objects.put(key, "mot");
  const sha256 = createHash("sha256").update("mot").digest("hex");
  return { key, bytes: 3, sha256 };
}

const LOSSES = {
  deleted: (key: string) => site.pipeline.objects.delete(key),
  emptied: (key: string) => site.pipeline.objects.put(key, ""),
  truncated: async (key: string) => {
    const body = await site.pipeline.objects.get(key);
    await site.pipeline.objects.put(key, body.subarray(0, body.length / 2));
  },
  flipped: async (key: string) => {
    const body = await site.pipeline.objects.get(key);
    body[body.length >> 1]! ^= 1;
    await site.pipeline.objects.put(key, body);
  },
};

for (const [what, strike] of Object.entries(LOSSES)) {
  test(`a job that succeeded can be retried when its result file is ${what}`, async () => {
    const { jobs } = site.pipeline;
    const { job } = await submitAndRun();
    const mot = await putArtifact(job);
    await jobs.finish(resultOf(job, { artifacts: { "mot.txt": mot } }));
    await jobs.checkArtifact(job, "mot.txt", mot);
    await assert.rejects(jobs.retry(job), { code: "job-ended" });
    await strike(mot.key);
    await assert.rejects(jobs.checkArtifact(job, "mot.txt", mot), { code: "result-damaged" });
    await jobs.retry(job);
    assert.deepEqual([await state(job), (await jobs.view(job))!.run], ["queued", 2]);
    const again = await putArtifact(job);
    await jobs.finish(resultOf(job, { run: 2, artifacts: { "mot.txt": again } }));
    await jobs.checkArtifact(job, "mot.txt", again);
    assert.equal(await state(job), "succeeded");
  });

  test(`a job that succeeded can be retried when the record of its result is ${what}`, async () => {
    const { jobs, objects } = site.pipeline;
    const { job } = await submitAndRun();
    await putArtifact(job);
    await objects.put(`jobs/${job}/artifacts/2/tracks.jsonl`, "of the run before");
    await jobs.finish(resultOf(job));
    await strike(objectKeys.result(job, 1));
    assert.equal((await jobs.view(job))!.state, "succeeded");
    await jobs.retry(job);
    await assert.rejects(jobs.retry(job), { code: "job-running" });
    assert.equal(await state(job), "queued");
    await jobs.finish(resultOf(job, { run: 2, artifacts: { "mot.txt": await putArtifact(job) } }));
    assert.equal(await state(job), "succeeded");
    assert.deepEqual(await objectsOf(job), [
      "accepted.json",
      "artifacts/1/mot.txt",
      "result.2.json",
      "retry.2.json",
      "source/street.mp4",
    ]);
  });
}

test("what cannot be retried says so", async () => {
  const { jobs } = site.pipeline;
  await assert.rejects(jobs.retry(newJobId()), { code: "job-not-found" });
  const id = await submit();
  await assert.rejects(jobs.retry(id), { code: "job-running" });
  await jobs.cancel(id);
  await assert.rejects(jobs.retry(id), { code: "job-ended", message: /cancelled/ });
});

test("a retry that Redis forgot begins nevertheless", async () => {
  const { jobs, redis } = site.pipeline;
  const id = await submit();
  await jobs.fail(id, damaged);
  const before = await redis.hgetall(jobKey(id));
  await jobs.retry(id);
  const job = (await jobs.accepted(id))!;
  assert.equal(await jobs.recoverRetry(job), false);
  await redis.del(jobKey(id));
  await redis.hset(jobKey(id), before);
  assert.equal(await state(id), "failed", "as long as nobody looked");
  assert.equal(await jobs.recoverRetry(job), true);
  assert.deepEqual([await state(id), (await jobs.view(id))!.run], ["queued", 2]);
  await redis.del(jobKey(id));
  await jobs.retry(id);
  assert.deepEqual([await state(id), (await jobs.view(id))!.run], ["queued", 2], "no third one");
});

test("a retry that fails leaves the results of the run before, with a warning", async () => {
  const { jobs } = site.pipeline;
  const id = await submit();
  const warnings = [{ code: "inference-error", detail: "Frames 3 to 3 have no result." }];
  const before = resultOf(id, { state: "succeeded_with_warnings", warnings });
  await jobs.finish(before);
  for (const run of [2, 3]) {
    await jobs.retry(id);
    await jobs.fail(id, damaged);
    const view = (await jobs.view(id))!;
    assert.deepEqual(
      [view.state, view.run, view.problem],
      ["succeeded_with_warnings", run, undefined],
    );
    assert.deepEqual(
      view.warnings.map(({ code }) => code),
      ["inference-error", "retry-failed"],
    );
    assert.match(view.warnings[1]!.detail, /No frame decodes/);
    assert.deepEqual((await jobs.result(id))!.artifacts, before.artifacts);
  }
});

test("files of the run before go when the new ones are there", async () => {
  const { jobs, objects } = site.pipeline;
  const id = await submit();
  const artifacts = {
    ...resultOf(id).artifacts,
    "tracks.jsonl": { key: `jobs/${id}/artifacts/2/tracks.jsonl`, bytes: 1, sha256: "bb" },
  };
  for (const { key } of Object.values(artifacts)) await objects.put(key, "x");
  await jobs.finish(resultOf(id, { state: "succeeded_with_warnings", artifacts }));
  await jobs.retry(id);
  await jobs.finish(resultOf(id, { run: 2 }));
  assert.deepEqual(await objectsOf(id), [
    "accepted.json",
    "artifacts/1/mot.txt",
    "result.2.json",
    "retry.2.json",
  ]);
});

test("a job that is cancelled while it is retried leaves its tombstone, and nothing else", async () => {
  const { jobs, objects } = site.pipeline;
  const { job } = await submitAndRun();
  const result = resultOf(job, { state: "succeeded_with_warnings" });
  for (const { key } of Object.values(result.artifacts)) await objects.put(key, "x");
  await jobs.finish(result);
  await jobs.retry(job);
  await jobs.pause(job);
  await jobs.cancel(job);
  assert.equal(await state(job), "cancelled");
  await assertNothingIsLeft(job);
  assert.deepEqual(await objectsOf(job), ["accepted.json", "cancelled.json"]);
});

test("a job whose ledger Redis forgot can be cancelled", async () => {
  const { jobs, redis, frames } = site.pipeline;
  const { job } = await submitAndRun();
  await redis.del(...ledgerKeys(job));
  await jobs.cancel(job);
  assert.equal(await state(job), "cancelled");
  assert.deepEqual(await redis.keys(`fq:{${job}}:*`), []);
  assert.deepEqual(await redis.keys("fq:{here}:grants"), []);
  assert.deepEqual(await Array.fromAsync(frames.list(job)), []);
  assert.deepEqual(await objectsOf(job), ["accepted.json", "cancelled.json"]);
});

test("tasks of a cancelled job that wait leave their queues, also of one that is paused", async () => {
  const { jobs, ledger, queues, redis } = site.pipeline;
  const tasksOf = async (id: JobId): Promise<string[]> =>
    (await redis.keys(`${QUEUE_PREFIX}:*${id}*`)).map((key) => key.split(":").at(-1)!).sort();
  const waits = await submit();
  assert.deepEqual(await tasksOf(waits), [`ingest-${waits}`]);
  await jobs.cancel(waits);
  assert.deepEqual(await tasksOf(waits), []);

  for (const pause of [false, true]) {
    const d = new LedgerDriver(ledger, await submit(), "ep");
    await queues.removeDue(d.job, "", [{ stage: "ingest", item: "", q: 0 }]);
    const planned = await ledger.plan(d.job, "ep", PLAN);
    await queues.addDue(d.job, "ep", planned.due);
    await d.segBegin(0, "l");
    await d.acquire(0, "l", 0);
    await queues.addDue(d.job, "ep", (await d.publish(0, "l", 0)).due);
    assert.equal((await tasksOf(d.job)).length, 3);
    if (pause) await jobs.pause(d.job);
    await jobs.cancel(d.job);
    assert.deepEqual(await tasksOf(d.job), []);
  }
});

test("jobs that ended stay in the list when Redis forgets", async () => {
  const { jobs, redis } = site.pipeline;
  const ids = [await submit(), await submit()].sort();
  for (const id of ids) await jobs.finish(resultOf(id));
  await redis.flushall();
  const memory = newPassMemory({ zombieMs: 0 });
  for (const _ of [1, 2])
    for await (const step of reconcile(site.pipeline, memory)) assert.ok(step);
  const listed = await jobs.list({ limit: 20 });
  assert.deepEqual(
    listed
      .map(({ id }) => id)
      .filter((id) => ids.includes(id))
      .sort(),
    ids,
  );
});

test("a list costs as many object reads for 20 ended jobs as for one", async () => {
  let reads = 0;
  const objects: ObjectStore = {
    ...site.pipeline.objects,
    get: (key) => (reads++, site.pipeline.objects.get(key)),
    stat: (key) => (reads++, site.pipeline.objects.stat(key)),
  };
  const jobs = createJobs({ ...site.pipeline, objects });
  for (let i = 0; i < 20; i++) await jobs.finish(resultOf(await submit()));
  const readsOf = async (limit: number): Promise<number> => {
    reads = 0;
    assert.equal((await jobs.list({ limit })).length, limit);
    return reads;
  };
  assert.deepEqual([await readsOf(20), await readsOf(1)], [0, 0]);
});

test("of a submission that is taken back nothing is left, also not in the lists", async () => {
  const { jobs, redis } = site.pipeline;
  const [kept, job] = [await submit(), await submit()];
  await jobs.withdraw(job);
  assert.equal(await state(job), undefined);
  assert.deepEqual(await objectsOf(job), []);
  assert.deepEqual(await jobs.unlisted([kept, job]), [job]);
  const listed = await jobs.list({ limit: 10 });
  assert.deepEqual(
    listed.map(({ id }) => id),
    [kept],
  );
  for (const key of await redis.keys("fq:*")) {
    if ((await redis.type(key)) !== "set") continue;
    assert.equal(await redis.sismember(key, job), 0, key);
  }
});
