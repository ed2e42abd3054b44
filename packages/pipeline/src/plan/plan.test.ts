import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { resultOptionsSchema } from "@framequeue/contracts";
import type { ObjectStore } from "@framequeue/storage";
import { objectKeys } from "../ledger/keys.ts";
import { completePlan, createFactsReader, type KeptPlan, planSchema, putPlan } from "./plan.ts";
import { openTestSite, sampleJob, type TestSite } from "../testing/test-site.ts";

let site: TestSite;
before(async () => {
  site = await openTestSite();
});
after(() => site[Symbol.asyncDispose]());

/** As versions before kept it: what comes of the options is not in it. */
const PLAN: KeptPlan = planSchema.parse({
  v: 1,
  source: { kind: "file", path: "/videos/street.mp4", name: "street.mp4" },
  sourceSha256: "0".repeat(64),
  media: {
    container: "mp4",
    codec: "h264",
    streamIndex: 0,
    width: 640,
    height: 480,
    rotation: 0,
    timeBase: [1, 12800],
    startSeconds: 0,
    durationSeconds: 2,
    hasAudio: false,
  },
  mode: "sequential",
  frame: { width: 416, height: 312, layout: "gbrp" },
  segments: [{ frames: 50 }],
  batchFrames: 16,
  minScore: 0.3,
  labels: ["person"],
  expectedFrames: 50,
} satisfies KeptPlan);

/** The site's objects, and how often one was read. */
function counted(): { objects: ObjectStore; reads: () => number } {
  let reads = 0;
  const { objects } = site.pipeline;
  return {
    objects: {
      ...objects,
      get(key) {
        reads++;
        return objects.get(key);
      },
    },
    reads: () => reads,
  };
}

test("the facts of a job are what was accepted and what was planned", async () => {
  const { objects, reads } = counted();
  const facts = createFactsReader(objects);
  const job = sampleJob();
  assert.equal(await facts(job.id, "ep"), undefined);
  await objects.put(objectKeys.accepted(job.id), JSON.stringify(job));
  assert.equal(await facts(job.id, "ep"), undefined, "not planned yet");
  await objects.put(objectKeys.plan(job.id, "ep"), JSON.stringify(PLAN));
  const before = reads();
  const plan = completePlan(PLAN, job);
  assert.deepEqual(await facts(job.id, "ep"), { job, plan });
  assert.deepEqual(await facts(job.id, "ep"), { job, plan });
  assert.equal(reads(), before + 2, "remembered");
  assert.equal(await facts(job.id, "another"), undefined);
});

test("only the facts that were used last are remembered", async () => {
  const { objects, reads } = counted();
  const facts = createFactsReader(objects, { remembered: 2 });
  const jobs = [sampleJob(), sampleJob(), sampleJob()];
  for (const job of jobs) {
    await objects.put(objectKeys.accepted(job.id), JSON.stringify(job));
    await objects.put(objectKeys.plan(job.id, "ep"), JSON.stringify(PLAN));
  }
  const [a, b, c] = jobs.map(({ id }) => id) as [string, string, string];
  for (const id of [a, b, a, c]) await facts(id, "ep");
  const before = reads();
  await facts(a, "ep");
  await facts(c, "ep");
  assert.equal(reads(), before);
  await facts(b, "ep");
  assert.equal(reads(), before + 2);
});

test("a damaged plan is an error, not a missing one", async () => {
  const { objects } = site.pipeline;
  const job = sampleJob();
  await objects.put(objectKeys.accepted(job.id), JSON.stringify(job));
  await objects.put(objectKeys.plan(job.id, "ep"), JSON.stringify({ ...PLAN, segments: [] }));
  await assert.rejects(site.pipeline.facts(job.id, "ep"));
});

test("a plan of a version before is completed with what its job says", async () => {
  const { objects } = site.pipeline;
  const options = resultOptionsSchema.parse({ everyNth: 3, enhance: { normalize: true } });
  const job = { ...sampleJob(), options };
  await objects.put(objectKeys.accepted(job.id), JSON.stringify(job));
  await objects.put(objectKeys.plan(job.id, "ep"), JSON.stringify(PLAN));
  const { plan } = (await createFactsReader(objects)(job.id, "ep"))!;
  assert.deepEqual(plan.sampling, { everyNth: 3 });
  assert.deepEqual(plan.payload, { ...PLAN.frame, variants: ["a", "b"] });
  assert.deepEqual(
    plan.models.map(({ looksAt }) => looksAt),
    [["frames"]],
  );
  assert.equal(plan.tracker.algorithm, "bytetrack");
});

test("what a plan says stays, whatever a later version makes of the same options; and versions before read it", async () => {
  const { objects } = site.pipeline;
  const job = sampleJob();
  await objects.put(objectKeys.accepted(job.id), JSON.stringify(job));
  const written = { ...completePlan(PLAN, job), sampling: { everyNth: 5 }, fillGaps: 2 };
  await putPlan(objects, job.id, "ep", written);
  const { plan } = (await createFactsReader(objects)(job.id, "ep"))!;
  assert.deepEqual(plan, written);
  assert.deepEqual(plan.frame, PLAN.frame);
});
