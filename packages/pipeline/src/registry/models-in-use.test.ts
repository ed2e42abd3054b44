import assert from "node:assert/strict";
import { test } from "node:test";
import { objectKeys } from "../ledger/keys.ts";
import { jobsUsing, modelsInUse } from "./models-in-use.ts";
import { openTestSite, sampleJob } from "../testing/test-site.ts";

test("a model is in use until the last of its jobs has ended", async () => {
  await using site = await openTestSite();
  const { jobs } = site.pipeline;
  const [a, b] = ["a".repeat(64), "b".repeat(64)];
  const jobOf = (sha256: string) => {
    const job = sampleJob();
    return { ...job, models: [{ ...job.models[0]!, sha256 }] };
  };
  assert.deepEqual(await modelsInUse(site.pipeline), new Set());
  const [first, second, third] = [jobOf(a), jobOf(a), jobOf(b)];
  for (const job of [first, second, third]) await jobs.submit(job);
  assert.deepEqual(await modelsInUse(site.pipeline), new Set([a, b]));
  await jobs.cancel(first.id);
  await jobs.cancel(third.id);
  assert.deepEqual(await modelsInUse(site.pipeline), new Set([a]));
  await jobs.cancel(second.id);
  assert.deepEqual(await modelsInUse(site.pipeline), new Set());
});

test("a job whose record is damaged may use any model, and hides those of no other", async () => {
  await using site = await openTestSite();
  const { jobs, objects } = site.pipeline;
  const [healthy, damaged] = [sampleJob(), sampleJob()];
  for (const job of [healthy, damaged]) await jobs.submit(job);
  await objects.put(objectKeys.accepted(damaged.id), "");
  const { sha256 } = healthy.models[0]!;
  assert.deepEqual(await modelsInUse(site.pipeline), new Set([sha256]));
  assert.deepEqual(
    (await jobsUsing(site.pipeline, sha256)).sort(),
    [healthy.id, damaged.id].sort(),
  );
  assert.deepEqual(await jobsUsing(site.pipeline, "f".repeat(64)), [damaged.id]);
  await jobs.cancel(damaged.id);
  assert.deepEqual(await jobsUsing(site.pipeline, "f".repeat(64)), []);
});
