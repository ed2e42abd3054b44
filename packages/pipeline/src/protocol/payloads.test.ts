import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { BatchKey } from "@framequeue/contracts";
import { ledgerKeys } from "../ledger/keys.ts";
import { clearPayload, dropBatch, grantId, payloadOf, reportLost } from "./payloads.ts";
import { LedgerDriver } from "../testing/ledger-driver.ts";
import { openTestSite, samplePixels, type TestSite } from "../testing/test-site.ts";

let site: TestSite;
before(async () => {
  site = await openTestSite();
});
after(() => site[Symbol.asyncDispose]());

/** A job with ready batches 0.1 and 0.10, both with pixels and a grant. */
async function twoBatches(): Promise<LedgerDriver> {
  const { ledger, frames } = site.pipeline;
  const { driver } = await LedgerDriver.plan(ledger, { segments: 1 });
  await driver.segBegin(0, "l");
  for (const batch of [1, 10]) {
    await driver.put(0, "l", batch);
    const k: BatchKey = `0.${batch}`;
    await ledger.grant(grantId(driver.job, driver.ep, k), "tok", 9, 1_000);
    await frames.put(payloadOf(driver.job, driver.ep, k, "a"), samplePixels(driver.job));
    await frames.put(payloadOf(driver.job, driver.ep, k, "b"), samplePixels(driver.job));
  }
  return driver;
}

/** Whether a batch has pixels, a grant, a credit. */
async function holdings({ job, ep }: LedgerDriver, k: BatchKey): Promise<boolean[]> {
  const { frames, redis } = site.pipeline;
  const id = grantId(job, ep, k);
  return [
    (await Array.fromAsync(frames.list(id))).length > 0,
    (await redis.hexists("fq:{here}:grants", id)) === 1,
    (await redis.hexists(ledgerKeys(job)[3]!, k)) === 1,
  ];
}

test("a dropped batch gives back pixels, bytes and credit; its neighbour keeps them", async () => {
  const driver = await twoBatches();
  const { job, ep } = driver;
  const committed = await driver.commit("0.1", "i", await driver.begin("0.1", "i"));
  assert.equal(committed.a, "done");
  await dropBatch(site.pipeline, job, ep, "0.1", "tok");
  assert.deepEqual(await holdings(driver, "0.1"), [false, false, false]);
  assert.deepEqual(await holdings(driver, "0.10"), [true, true, true]);
});

test("clearing keeps the bytes that another token holds", async () => {
  const driver = await twoBatches();
  await clearPayload(site.pipeline, driver.job, driver.ep, "0.1", "other");
  assert.deepEqual(await holdings(driver, "0.1"), [false, true, true]);
});

test("a lost batch is wanted again, and its segment's task is there", async () => {
  const driver = await twoBatches();
  const { job, ep } = driver;
  await driver.begin("0.1", "i");
  await reportLost(site.pipeline, job, ep, "0.1", "i", "tok");
  assert.deepEqual(await holdings(driver, "0.1"), [false, false, false]);
  assert.deepEqual(await site.pipeline.redis.zrange("{fq}:decode:prioritized", 0, "-1"), [
    `decode-${job}-${ep}-0-1`,
  ]);
});
