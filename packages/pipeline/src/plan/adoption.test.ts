import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { InferredBatch, JobId } from "@framequeue/contracts";
import { adoptKept, keepWork, readAdopted } from "./adoption.ts";
import { putIntermediate } from "../protocol/intermediates.ts";
import { ledgerKeys, objectKeys } from "../ledger/keys.ts";
import type { KeptPlan } from "./plan.ts";
import { LedgerDriver, names, PLAN } from "../testing/ledger-driver.ts";
import { openTestSite, sampleJob, type TestSite } from "../testing/test-site.ts";

let site: TestSite;
before(async () => {
  site = await openTestSite();
});
after(() => site[Symbol.asyncDispose]());
beforeEach(() => site.pipeline.redis.flushall());

/** Two segments of two batches of four frames. */
const plan: KeptPlan = {
  v: 1,
  source: { kind: "file", path: "/v.mp4", name: "v.mp4" },
  sourceSha256: "aa",
  media: {
    container: "mov,mp4",
    streamIndex: 0,
    codec: "h264",
    width: 64,
    height: 64,
    rotation: 0,
    timeBase: [1, 25],
    startSeconds: 0,
    durationSeconds: 1,
    hasAudio: false,
  },
  mode: "parallel",
  frame: { width: 64, height: 64, layout: "gbrp" },
  segments: [
    { startPts: 0, ptsDeltas: [0, 1, 1, 1, 1, 1, 1, 1], frames: 8 },
    { startPts: 8, ptsDeltas: [8, 1, 1, 1, 1, 1, 1, 1], frames: 8 },
  ],
  batchFrames: 4,
  minScore: 0.5,
  labels: ["car"],
  expectedFrames: 16,
};

const batch = (k: InferredBatch["k"], ...refs: (string | undefined)[]): InferredBatch => ({
  k,
  frames: 4,
  ranges: refs.map((ref, i) => ({
    f: (4 / refs.length) * i,
    t: (4 / refs.length) * (i + 1),
    ...(ref === undefined ? {} : { ref }),
  })),
});

async function planned(): Promise<LedgerDriver> {
  const job = sampleJob();
  await site.pipeline.jobs.submit(job);
  const driver = new LedgerDriver(site.pipeline.ledger, job.id, "ep");
  await driver.ledger.plan(driver.job, "ep", PLAN);
  await site.pipeline.objects.put(objectKeys.plan(job.id, "ep"), JSON.stringify(plan));
  return driver;
}

const adopt = (d: LedgerDriver, lease: string, adopted: InferredBatch) =>
  d.ledger.adopt(d.job, d.ep, Number(adopted.k.split(".")[0]), lease, adopted);
const live = (d: LedgerDriver) => site.pipeline.redis.hlen(ledgerKeys(d.job)[3]!);

test("a batch with all its results is done without a credit, and may make track due", async () => {
  const d = await planned();
  await d.segBegin(0, "l");
  await d.segBegin(1, "m");
  assert.deepEqual(names(await adopt(d, "m", batch("1.0", "r10"))), [], "not at the cursor");
  const first = await adopt(d, "l", batch("0.0", "r0a", "r0b"));
  assert.deepEqual([first.a, names(first)], ["ok", ["track #1"]]);
  const again = await adopt(d, "l", batch("0.0", "r0a", "r0b"));
  assert.deepEqual([again.a, names(again)], ["skip", ["track #1"]], "its answer was lost");
  assert.equal(await live(d), 0);
  assert.deepEqual([await d.field("fd"), await d.field("fi")], ["8", "8"]);
  const run = await d.trackBegin();
  assert.deepEqual(
    run.batches[0]!.ranges.map(({ ref }) => ref),
    ["r0a", "r0b"],
  );
  await d.trackCommit(run);
  assert.equal((await adopt(d, "l", batch("0.0", "r0a", "r0b"))).a, "skip", "tracked");
  assert.equal((await d.segEnd(0, "l", 1)).a, "ok");
});

test("of a batch with a gap only the gap is worked on", async () => {
  const d = await planned();
  await d.segBegin(0, "l");
  assert.deepEqual(await adopt(d, "l", batch("0.0", "ra", undefined)), { a: "part" });
  assert.deepEqual(await adopt(d, "l", batch("0.0", "ra", undefined)), { a: "part" });
  assert.equal((await d.segEnd(0, "l", 1)).a, "again", "it is wanted");
  await d.put(0, "l", 0);
  const ready = await adopt(d, "l", batch("0.0", "ra", undefined));
  assert.deepEqual([ready.a, names(ready)], ["skip", ["infer 0.0 #1"]]);
  assert.deepEqual(await d.begin("0.0", "i"), [2, 4]);
  assert.equal((await d.commit("0.0", "i", [2, 4])).a, "done");
  const { batches } = await d.trackBegin();
  assert.deepEqual(
    batches[0]!.ranges.map(({ ref }) => ref),
    ["ra", "0.0:2-4"],
  );
  assert.equal(await d.field("fi"), "4");
});

test("only the holder of a segment that runs may adopt", async () => {
  const d = await planned();
  await d.segBegin(0, "l");
  assert.equal((await adopt(d, "other", batch("0.0", "r"))).a, "stale");
  await d.ledger.pause(d.job);
  assert.equal((await adopt(d, "l", batch("0.0", "r"))).a, "stale");
  assert.deepEqual(names(await d.ledger.resume(d.job)), ["decode 0 #2", "decode 1 #1"]);
  d.ep = "another";
  assert.equal((await adopt(d, "l", batch("0.0", "r"))).a, "gone");
});

/** Puts what infer and track leave of a batch. */
async function track(d: LedgerDriver, tracked: InferredBatch): Promise<void> {
  const { objects } = site.pipeline;
  const body = JSON.stringify({ v: 1, rows: [], batches: [tracked] });
  const ref = await putIntermediate(objects, d.job, d.ep, "part", body);
  const run = await d.trackBegin(1);
  const answer = await d.ledger.trackCommit(d.job, d.ep, run, 1, "ck", run.ord + 4, ref);
  assert.equal(answer.a, "ok");
}

const refs = async (job: JobId, epoch: string, segment: number) => {
  const adopted = await readAdopted(site.pipeline.objects, job, epoch, segment);
  return (
    adopted && [
      adopted.whole,
      ...adopted.batches.map(
        ({ k, ranges }) => `${k} ${ranges.map(({ ref }) => ref?.split("/").at(-1) ?? "-").join()}`,
      ),
    ]
  );
};

test("what was tracked, what was inferred, and what the run before left is adopted", async () => {
  const { objects, ledger } = site.pipeline;
  const d = await planned();
  const result = (name: string): Promise<string> =>
    putIntermediate(objects, d.job, "ep", "infer", name);
  const [a, b, c] = [await result("a"), await result("b"), await result("c")];
  const [nameA, nameB, nameC] = [a, b, c].map((key) => key.split("/").at(-1)!);
  await d.segBegin(0, "l");
  await d.segBegin(1, "m");
  for (const b of [0, 1]) await d.finish(0, "l", b);
  await d.end(0, "l", 2);
  await track(d, batch("0.0", a));
  await track(d, batch("0.1", b));
  await d.put(1, "m", 0);
  await ledger.commit(d.job, d.ep, "1.0", "i", ...(await d.begin("1.0", "i")), c);
  await d.put(1, "m", 1);
  const key = (await keepWork(site.pipeline, d.job))!;
  assert.deepEqual(await adoptKept(objects, d.job, key, "ep2", plan), { ...plan, adopts: true });
  assert.deepEqual(await refs(d.job, "ep2", 0), [true, `0.0 ${nameA}`, `0.1 ${nameB}`]);
  assert.deepEqual(await refs(d.job, "ep2", 1), [false, `1.0 ${nameC}`], "its end was not seen");

  // The next run fails before it came to anything; one result was damaged meanwhile.
  await objects.put(objectKeys.plan(d.job, "ep2"), JSON.stringify({ ...plan, adopts: true }));
  await objects.put(b, "another");
  const none = JSON.stringify({ v: 1, epoch: "ep2", roll: "", parts: [], batches: [], ended: 0 });
  await objects.put(objectKeys.kept(d.job, "ep2"), none);
  await adoptKept(objects, d.job, objectKeys.kept(d.job, "ep2"), "ep3", plan);
  assert.deepEqual(await refs(d.job, "ep3", 0), [false, `0.0 ${nameA}`, "0.1 -"]);
  assert.deepEqual(await refs(d.job, "ep3", 1), [false, `1.0 ${nameC}`]);
});

for (const [what, strike] of [
  ["gone", (key: string) => site.pipeline.objects.delete(key)],
  ["damaged", (key: string) => site.pipeline.objects.put(key, '{"v":1,"rows":[],"batches":[]}')],
] as const) {
  test(`where a part is ${what}, no segment passes for whole that may have had more`, async () => {
    const { objects } = site.pipeline;
    const d = await planned();
    await d.segBegin(0, "l");
    await d.segBegin(1, "m");
    for (const [segment, lease] of [
      [0, "l"],
      [1, "m"],
    ] as const) {
      for (const b of [0, 1]) await d.finish(segment, lease, b);
      await d.end(segment, lease, 2);
    }
    for (const k of ["0.0", "0.1", "1.0", "1.1"] as const) {
      await track(d, batch(k, await putIntermediate(objects, d.job, "ep", "infer", k)));
    }
    const key = (await keepWork(site.pipeline, d.job))!;
    const listed = await site.pipeline.ledger.readParts(d.job, "ep");
    assert.ok(listed.a === "ok");
    await strike(listed.parts![1]!);
    assert.notEqual(await adoptKept(objects, d.job, key, "ep2", plan), undefined);
    const found = await Promise.all([0, 1].map((s) => readAdopted(objects, d.job, "ep2", s)));
    assert.deepEqual(
      found.map((adopted) => [adopted?.whole, adopted?.batches.map(({ k }) => k)]),
      [
        [false, ["0.0"]],
        [true, ["1.0", "1.1"]],
      ],
    );
  });
}

test("nothing is adopted where the work is cut otherwise or the source is another one", async () => {
  const { objects } = site.pipeline;
  const d = await planned();
  const key = (await keepWork(site.pipeline, d.job))!;
  for (const change of [
    { sourceSha256: "bb" },
    { batchFrames: 8 },
    { minScore: 0.1 },
    { segments: plan.segments.slice(1) },
    { numeric: { class: "another", tensorBatch: {} } },
  ]) {
    assert.equal(await adoptKept(objects, d.job, key, "ep2", { ...plan, ...change }), undefined);
  }
  assert.equal(await adoptKept(objects, d.job, "jobs/none", "ep2", plan), undefined);
  assert.equal(await readAdopted(objects, d.job, "ep2", 0), undefined);
});

test("segments that a decoder complained of are decoded again", async () => {
  const { ledger } = site.pipeline;
  const ended = async (end: Parameters<typeof ledger.segEnd>[4]): Promise<number> => {
    const d = await planned();
    await d.segBegin(0, "l");
    await d.segBegin(1, "m");
    await d.end(0, "l", 0);
    await ledger.segEnd(d.job, d.ep, 1, "m", end);
    const kept = await ledger.keep(d.job);
    return kept.a === "ok" ? kept.ended : -1;
  };
  assert.equal(await ended({ batches: 0 }), 2);
  assert.equal(await ended({ batches: 0, missing: { frames: 3, reason: "decode-error" } }), 1);
  assert.equal(await ended({ batches: 0, warning: "broken" }), 0);
});
