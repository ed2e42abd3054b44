import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Part, PartManifest } from "@framequeue/contracts";
import { putIntermediate } from "./intermediates.ts";
import { readRows } from "./parts.ts";
import { LedgerDriver, PLAN } from "../testing/ledger-driver.ts";
import { openTestSite, sampleJob, type TestSite } from "../testing/test-site.ts";

let site: TestSite;
before(async () => {
  site = await openTestSite();
});
after(() => site[Symbol.asyncDispose]());

test("rows come back in order, through manifests and the parts after them", async () => {
  const { ledger, objects, jobs } = site.pipeline;
  const driver = new LedgerDriver(ledger, sampleJob().id, "ep");
  const { job, ep } = driver;
  await jobs.submit(sampleJob(job));
  await ledger.plan(job, ep, { ...PLAN, segments: 1 });
  await driver.segBegin(0, "l");
  const read = async (epoch = ep): Promise<number[]> =>
    (await Array.fromAsync(readRows(site.pipeline, job, epoch))).map(({ frame }) => frame);
  assert.deepEqual(await read(), []);

  let manifest = "";
  for (let batch = 0; batch < 7; batch++) {
    await driver.put(0, "l", batch, 1);
    await driver.infer(`0.${batch}`);
    const part: Part = {
      v: 1,
      rows: [
        { frame: batch * 2, pts: batch, detections: [], tracks: [] },
        { frame: batch * 2 + 1, gap: "inference-error" },
      ],
      batches: [],
    };
    const ref = await putIntermediate(objects, job, ep, "part", JSON.stringify(part));
    const run = await driver.trackBegin();
    await ledger.trackCommit(job, ep, run, 1, `ck${batch}`, batch + 1, ref);
    if (batch !== 2 && batch !== 4) continue;
    // Two roll-ups, each continuing the one before.
    const listed = await ledger.readParts(job, ep);
    assert.ok(listed.a === "ok" && listed.roll === manifest);
    const rolled: PartManifest = { v: 1, previous: manifest, parts: listed.parts ?? [] };
    const next = await putIntermediate(objects, job, ep, "manifest", JSON.stringify(rolled));
    assert.equal((await ledger.rollUp(job, ep, manifest, rolled.parts.length, next)).a, "ok");
    manifest = next;
  }
  assert.deepEqual(
    await read(),
    Array.from({ length: 14 }, (_, frame) => frame),
  );
  assert.deepEqual(await read("another"), [], "another epoch has none");
});

test("equal intermediates are one object", async () => {
  const { objects } = site.pipeline;
  const { id } = sampleJob();
  const put = (body: string) => putIntermediate(objects, id, "ep", "infer", body);
  const key = await put("a");
  assert.equal(await put("a"), key);
  assert.notEqual(await put("b"), key);
  assert.equal((await objects.get(key)).toString(), "a");
});
