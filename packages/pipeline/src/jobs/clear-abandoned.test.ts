import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { newJobId } from "@framequeue/contracts";
import { objectKeys } from "../ledger/keys.ts";
import { newPassMemory, type PassMemory, reconcile } from "../reconcile/reconciler.ts";
import { openTestSite, sampleJob, type TestSite } from "../testing/test-site.ts";

let site: TestSite;
before(async () => {
  site = await openTestSite();
});
after(() => site[Symbol.asyncDispose]());

/** Longer than a moment, and shorter than what the tests wait between two passes. */
const ABANDONED_MS = 1;
const newMemory = (): PassMemory => newPassMemory({ zombieMs: 60_000, abandonedMs: ABANDONED_MS });

async function pass(memory: PassMemory): Promise<string[]> {
  await sleep(3 * ABANDONED_MS);
  const steps = await Array.fromAsync(reconcile(site.pipeline, memory));
  return steps.filter((step) => step.startsWith("cleared away"));
}

/** A put that is never finished, as by a process that was killed; it can also go on. */
async function begin(key: string) {
  const { objects } = site.pipeline;
  const body = new PassThrough();
  const put = objects.putStream(key, body);
  put.catch(() => {});
  const begun = async (): Promise<string[]> => {
    const found = await Array.fromAsync(objects.unfinished(key.slice(0, key.lastIndexOf("/"))));
    return found.map(({ state }) => state);
  };
  const goOn = async (): Promise<void> => {
    const before = await begun();
    body.write("x".repeat(1_000));
    while ((await begun()).join() === before.join()) await sleep(1);
  };
  await goOn();
  return { body, put, goOn, begun };
}

for (const [what, key, told] of [
  ["an upload", objectKeys.source(newJobId(), "v.mp4"), /upload of j\w+ left/],
  ["a model", `models/${"c".repeat(64)}/model.onnx`, /models\/c+\/model\.onnx/],
] as const) {
  test(`${what} that goes on is left alone, and cleared away when nobody goes on with it`, async () => {
    const { goOn, begun } = await begin(key);
    const memory = newMemory();
    assert.deepEqual(await pass(memory), []);
    await goOn();
    assert.deepEqual(await pass(memory), []);
    await goOn();
    assert.deepEqual(await pass(memory), []);
    assert.equal((await begun()).length, 1);
    const steps = await pass(memory);
    assert.equal(steps.length, 1);
    assert.match(steps[0]!, told);
    assert.deepEqual(await begun(), []);
    assert.deepEqual(await pass(memory), []);
  });
}

test("a whole source of a job that was never accepted is cleared away, and no other", async () => {
  const { objects, jobs } = site.pipeline;
  const [never, accepted, lost] = [newJobId(), sampleJob(), newJobId()];
  for (const id of [never, accepted.id, lost]) await objects.put(objectKeys.source(id, "v"), "x");
  await jobs.submit(accepted);
  // Accepted once: its record may come back from a backup.
  await objects.put(objectKeys.result(lost), "{}");
  const memory = newMemory();
  assert.deepEqual(await pass(memory), []);
  assert.equal((await pass(memory)).length, 1);
  const left = await Array.fromAsync(objects.list("jobs"));
  assert.deepEqual(
    left.filter((key) => key.endsWith("/source/v")).sort(),
    [objectKeys.source(accepted.id, "v"), objectKeys.source(lost, "v")].sort(),
  );
});

test("an upload that is accepted at the last moment keeps its source", async () => {
  const { objects, jobs } = site.pipeline;
  const job = sampleJob();
  const key = objectKeys.source(job.id, "v.mp4");
  const upload = await begin(key);
  const memory = newMemory();
  await pass(memory);
  upload.body.end();
  await upload.put;
  await jobs.submit(job);
  for (const _ of [1, 2, 3]) assert.deepEqual(await pass(memory), []);
  assert.equal((await objects.stat(key))?.bytes, 1_000);
});

test("what killed processes began for a job goes when it ends", async () => {
  const { jobs } = site.pipeline;
  const job = sampleJob();
  await jobs.submit(job);
  const begun = [
    await begin(objectKeys.source(job.id, "v.mp4")),
    await begin(objectKeys.artifact(job.id, "annotated.mp4", "f".repeat(64))),
  ];
  const end = { v: 1, job: job.id, run: 1, finishedAt: new Date().toISOString() } as const;
  await jobs.finish({ ...end, state: "succeeded", warnings: [], artifacts: {} });
  for (const each of begun) assert.deepEqual(await each.begun(), []);
});
