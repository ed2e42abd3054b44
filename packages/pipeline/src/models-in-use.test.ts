import assert from "node:assert/strict";
import { test } from "node:test";
import { modelsInUse } from "./models-in-use.ts";
import { openTestSite, sampleJob } from "./testing/test-site.ts";

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
