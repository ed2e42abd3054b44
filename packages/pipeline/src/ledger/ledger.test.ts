import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type BatchKey,
  LATE_STEPS,
  newJobId,
  newToken,
  type ReportStep,
} from "@framequeue/contracts";
import { startRedisServer, type TestRedis } from "@framequeue/service/testing";
import { jobKey, ledgerKeys } from "./keys.ts";
import { createLedger, type Due, type Ledger, type PlanOptions, type TrackRun } from "./ledger.ts";
import { connectRedis, type RedisClient } from "./redis.ts";
import { LedgerDriver, names, PLAN } from "../testing/ledger-driver.ts";

let server: TestRedis;
let redis: RedisClient;
let ledger: Ledger;
before(async () => {
  server = await startRedisServer();
  redis = connectRedis(server.url);
  ledger = createLedger(redis, "here");
});
after(async () => {
  redis.disconnect();
  await server[Symbol.asyncDispose]();
});

const plan = async (options: Partial<PlanOptions> = {}): Promise<LedgerDriver> =>
  (await LedgerDriver.plan(ledger, options)).driver;
const liveBatches = async (d: LedgerDriver): Promise<string[]> =>
  (await redis.hkeys(ledgerKeys(d.job)[3]!)).sort();
const pause = (d: LedgerDriver) => ledger.pause(d.job);
const resume = (d: LedgerDriver) => ledger.resume(d.job);

test("the first plan wins", async () => {
  const job = newJobId();
  assert.deepEqual(await ledger.plan(job, "e1", PLAN), { a: "gone" });
  await ledger.accept(job, "2026-01-01T00:00:00Z");
  assert.equal((await ledger.accept(job, "2026-02-02T00:00:00Z")).a, "known");
  assert.equal((await ledger.validate(job)).a, "ok");
  assert.deepEqual(names(await ledger.plan(job, "e1", PLAN)), ["decode 0 #1", "decode 1 #1"]);
  assert.deepEqual(await ledger.plan(job, "e2", PLAN), { a: "planned", ep: "e1" });
  assert.deepEqual(await ledger.validate(job), { a: "planned" });
  const d = new LedgerDriver(ledger, job, "e2");
  assert.equal((await ledger.segBegin(job, "e2", 0, "l", "by")).a, "gone");
  assert.equal(await d.field("acceptedAt"), "2026-01-01T00:00:00Z");
});

test("segments open lowest first, S of them, counted from the cursor of track", async () => {
  const { driver: d, due } = await LedgerDriver.plan(ledger, { segments: 5, openSegments: 2 });
  assert.deepEqual(due, ["decode 0 #1", "decode 1 #1"]);
  for (const segment of [1, 0]) {
    await d.segBegin(segment, `l${segment}`);
    await d.finish(segment, `l${segment}`, 0);
    assert.deepEqual(await d.end(segment, `l${segment}`, 1), [], "decode's end opens nothing");
  }
  assert.deepEqual(await d.track(), ["decode 2 #1", "track #2"]);
  assert.deepEqual(await d.track(), ["decode 3 #1"]);
  assert.deepEqual([await d.field("cs"), await d.field("opened")], ["2", "4"]);
});

test("no more segments are open than there are credits", async () => {
  const { due } = await LedgerDriver.plan(ledger, { segments: 5, openSegments: 4, window: 2 });
  assert.deepEqual(due, ["decode 0 #1", "decode 1 #1"]);
});

test("a job holds at most W credits", async () => {
  const d = await plan({ window: 2, segments: 1 });
  await d.segBegin(0, "l");
  await d.put(0, "l", 0);
  await d.put(0, "l", 1);
  assert.deepEqual(await d.acquire(0, "l", 2), { a: "wait" });
  const ready = await d.acquire(0, "l", 1);
  assert.deepEqual([ready.a, names(ready)], ["skip", ["infer 0.1 #1"]]);

  const committed = await d.commit("0.0", "i", await d.begin("0.0", "i"));
  assert.deepEqual([committed.a, names(committed)], ["done", ["track #1"]]);
  assert.deepEqual(await d.acquire(0, "l", 0), { a: "skip" }, "a done batch");
  assert.equal((await d.acquire(0, "l", 2)).a, "wait", "its pixels are not deleted yet");
  await d.track();
  assert.deepEqual(await d.acquire(0, "l", 0), { a: "skip" }, "a tracked batch");
  assert.deepEqual(await liveBatches(d), ["0.0", "0.1"], "a credit outlives its batch");

  const redelivered = await ledger.begin(d.job, d.ep, "0.0", "j", "infer");
  assert.equal(redelivered.a, "drop");
  assert.equal((await ledger.returned(d.job, d.ep, "0.0", "other")).a, "stale");
  assert.equal((await ledger.returned(d.job, d.ep, "0.1", "tok")).a, "stale", "not told to drop");
  assert.equal((await ledger.returned(d.job, d.ep, "0.0", "tok")).a, "ok");
  assert.equal((await ledger.begin(d.job, d.ep, "0.0", "j", "infer")).a, "skip");
  assert.equal((await d.acquire(0, "l", 2)).a, "ok");
  assert.equal((await d.acquire(0, "l", 3)).a, "drop");
  assert.deepEqual(await liveBatches(d), ["0.1", "0.2"]);
});

test("what a dead holder of the same segment left held is cleared, nothing else", async () => {
  const d = await plan({ window: 2 });
  await d.segBegin(0, "dead");
  await d.put(0, "dead", 0);
  assert.equal((await d.acquire(0, "dead", 1, "t1")).a, "ok");
  await d.segBegin(0, "new");
  await d.begin("0.0", "i");
  await ledger.lost(d.job, d.ep, "0.0", "i");
  assert.deepEqual(await d.acquire(0, "new", 0, "t2"), { a: "drop", k: "0.1", tok: "t1" });
  assert.equal((await ledger.unhold(d.job, d.ep, "0.1", "t0")).a, "stale");
  assert.equal((await ledger.unhold(d.job, d.ep, "0.1", "t1")).a, "ok");
  assert.equal((await d.acquire(0, "new", 0, "t2")).a, "ok");

  await d.segBegin(1, "other");
  assert.equal((await d.acquire(1, "other", 0)).a, "ok");
  assert.equal((await d.acquire(1, "other", 1)).a, "drop", "of its own segment");
  await d.publish(1, "other", 0);
  assert.equal((await d.acquire(1, "other", 1)).a, "wait", "of another segment");
});

test("a redelivered decode takes its credit again under a new token", async () => {
  const d = await plan({ window: 1, segments: 1 });
  await d.segBegin(0, "dead");
  assert.equal((await d.acquire(0, "dead", 0, "t1")).a, "ok");
  await d.segBegin(0, "new");
  assert.equal((await d.acquire(0, "new", 0, "t2")).a, "ok");
  assert.equal((await ledger.unhold(d.job, d.ep, "0.0", "t1")).a, "stale");
  assert.equal((await d.publish(0, "new", 0, 4, "t1")).a, "retry");
  assert.equal((await d.publish(0, "new", 0, 4, "t2")).a, "ok");
  assert.deepEqual(await liveBatches(d), ["0.0"]);
});

test("publish: retry, stale, gone", async () => {
  const d = await plan();
  await d.segBegin(0, "l");
  assert.equal((await d.publish(0, "l", 0)).a, "retry", "no credit");
  await d.acquire(0, "l", 0);
  assert.equal((await d.publish(0, "old", 0)).a, "stale");
  assert.equal((await d.publish(1, "l", 0)).a, "stale", "of another segment");
  await d.put(0, "l", 0);
  assert.equal((await d.publish(0, "l", 0)).a, "retry", "ready already");
  d.ep = "another";
  assert.equal((await d.publish(0, "l", 0)).a, "gone");
});

test("a segment ends only when every batch of it is published", async () => {
  const d = await plan({ segments: 1 });
  await d.segBegin(0, "l");
  assert.equal((await d.segEnd(0, "old", 0)).a, "stale");
  assert.equal((await d.segEnd(0, "l", 1)).a, "again", "absent");
  await d.acquire(0, "l", 0);
  assert.equal((await d.segEnd(0, "l", 1)).a, "again", "held");
  await d.publish(0, "l", 0);
  await d.put(0, "l", 1);
  await d.begin("0.0", "i");
  await ledger.lost(d.job, d.ep, "0.0", "i");
  assert.equal((await d.segEnd(0, "l", 2)).a, "again", "wanted");
  await d.finish(0, "l", 0);
  await d.track();
  assert.deepEqual(await d.end(0, "l", 2), [], "tracked and ready");
  assert.equal((await d.segEnd(0, "l", 2)).a, "stale");
});

test("what is missing at the end is as the last pass says", async () => {
  const d = await plan({ segments: 1 });
  await d.segBegin(0, "l");
  await d.put(0, "l", 0);
  assert.equal((await d.segEnd(0, "l", 1, 9)).a, "ok");
  assert.deepEqual(
    [await d.field("missing"), await d.field("missingReason")],
    ["9", "decode-error"],
  );
  await d.begin("0.0", "i");
  await ledger.lost(d.job, d.ep, "0.0", "i");
  await d.segBegin(0, "m");
  await d.put(0, "m", 0);
  await d.put(0, "m", 1);
  await d.end(0, "m", 2);
  assert.equal(await d.field("missing"), undefined);
});

test("track is due exactly when the batch at the cursor is done", async () => {
  const d = await plan({ segments: 1 });
  await d.segBegin(0, "l");
  for (const batch of [0, 1, 2, 3]) await d.put(0, "l", batch);
  assert.deepEqual(await d.infer("0.1"), []);
  assert.deepEqual(await d.infer("0.0"), ["track #1"]);
  assert.deepEqual(await d.infer("0.2"), [], "it is due already");
  const run = await d.trackBegin();
  assert.deepEqual([run.cs, run.cb, run.ord, run.batches.length], [0, 0, 0, 3]);
  assert.deepEqual(names(await d.trackCommit(run, 2)), ["track #2"], "one more is done");
  assert.deepEqual(await d.track(), []);
  assert.deepEqual(await d.infer("0.3"), ["track #3"]);
  assert.deepEqual(await d.track(), []);
  assert.deepEqual(await ledger.trackBegin(d.job, d.ep, 8), { a: "none" });
  assert.deepEqual(await d.end(0, "l", 4), ["index #1"]);
  assert.equal(await d.field("ord"), "16");
});

test("a segment whose end comes last hands over to the next", async () => {
  const d = await plan({ segments: 3 });
  await d.segBegin(0, "l");
  await d.segBegin(1, "m");
  await d.finish(1, "m", 0);
  await d.end(1, "m", 1);
  await d.finish(0, "l", 0);
  assert.deepEqual(await d.track(), []);
  assert.deepEqual(await d.end(0, "l", 1), ["decode 2 #1", "track #2"]);
});

test("a segment without batches is passed, and the job may end with one", async () => {
  const d = await plan();
  await d.segBegin(1, "m");
  assert.deepEqual(await d.end(1, "m", 0), []);
  await d.segBegin(0, "l");
  assert.deepEqual(await d.end(0, "l", 0), ["index #1"]);
});

test("trackCommit wants the cursor equal and every batch still done", async () => {
  const d = await plan({ segments: 1 });
  await d.segBegin(0, "l");
  await d.finish(0, "l", 0);
  await d.finish(0, "l", 1);
  const first = await d.trackBegin(1);
  const twin = await d.trackBegin(2);
  assert.equal((await d.trackCommit(first)).a, "ok");
  assert.equal((await d.trackCommit(twin)).a, "stale", "the cursor has moved");

  const run = await d.trackBegin();
  const bat = ledgerKeys(d.job)[2]!;
  const done = (await redis.hget(bat, "0.1"))!;
  await redis.hset(bat, "0.1", done.replace('"done"', '"wanted"'));
  assert.equal((await d.trackCommit(run)).a, "stale", "as after a restored Redis");
  assert.ok(await redis.hexists(bat, "0.1"), "its credit would have leaked");
  await redis.hset(bat, "0.1", done);
  assert.equal((await d.trackCommit(run)).a, "ok");
  assert.deepEqual(await redis.lrange(ledgerKeys(d.job)[4]!, 0, -1), ["part4", "part8"]);
});

test("old checkpoints come back to be deleted", async () => {
  const d = await plan({ segments: 1 });
  await d.segBegin(0, "l");
  await redis.lpush(ledgerKeys(d.job)[5]!, ...Array.from({ length: 256 }, (_, i) => `old${i}`));
  await d.finish(0, "l", 0);
  const answer = await d.trackCommit(await d.trackBegin());
  assert.deepEqual(answer, { a: "ok", expired: ["old0"] });
});

test("a failing frame is cut out by halving and becomes the only gap", async () => {
  const d = await plan({ segments: 1, attempts: 2 });
  await d.segBegin(0, "l");
  await d.put(0, "l", 0, 5);
  const ranges: string[] = [];
  // Frame 3 takes its worker with it.
  for (;;) {
    const lease = newToken();
    const answer = await ledger.begin(d.job, d.ep, "0.0", lease, "infer");
    if (answer.a !== "run") {
      assert.equal(answer.a, "drop");
      break;
    }
    ranges.push(`${answer.f}-${answer.t}${answer.solo ? " alone" : ""}`);
    if (answer.f > 3 || answer.t <= 3) await d.commit("0.0", lease, [answer.f, answer.t]);
  }
  assert.deepEqual(ranges, [
    "0-5",
    "0-2 alone",
    "2-5 alone",
    "2-3 alone",
    "3-5 alone",
    "3-4 alone",
    "3-4 alone",
    "4-5 alone",
  ]);
  const { batches } = await d.trackBegin();
  assert.deepEqual(
    batches[0]!.ranges.map(({ f, t, ref, gap }) => [f, t, ref ?? gap]),
    [
      [0, 2, "0.0:0-2"],
      [2, 3, "0.0:2-3"],
      [3, 4, 1],
      [4, 5, "0.0:4-5"],
    ],
  );
});

test("a batch of one frame that failed in company gets its attempts alone", async () => {
  const d = await plan({ segments: 1, attempts: 2 });
  await d.segBegin(0, "l");
  await d.put(0, "l", 0, 1);
  const solos: (1 | undefined)[] = [];
  for (let lease = 0; ; lease++) {
    const answer = await ledger.begin(d.job, d.ep, "0.0", `i${lease}`, "infer");
    if (answer.a !== "run") break;
    solos.push(answer.solo);
  }
  assert.deepEqual(solos, [undefined, 1, 1]);
});

test("only death and failure count as attempts", async () => {
  const d = await plan({ segments: 1, attempts: 1 });
  await d.segBegin(0, "l");
  await d.put(0, "l", 0, 2);
  for (let i = 0; i < 5; i++) {
    assert.deepEqual(await d.begin("0.0", `handed back ${i}`), [0, 2]);
    await ledger.handBack(d.job, d.ep, "0.0", `handed back ${i}`, "infer");
    assert.deepEqual(await d.begin("0.0", `lost ${i}`), [0, 2]);
    assert.equal((await ledger.lost(d.job, d.ep, "0.0", `lost ${i}`)).a, "ok");
    await d.put(0, "l", 0, 2);
  }
  const range = await d.begin("0.0", "died");
  assert.deepEqual(range, [0, 2]);
  assert.deepEqual(await d.begin("0.0", "half"), [0, 1]);
  assert.equal((await d.commit("0.0", "died", range)).a, "stale", "a whole cannot land in a half");
  assert.equal((await d.commit("0.0", "half", range)).a, "stale");
  assert.equal((await ledger.handBack(d.job, d.ep, "0.0", "died", "infer")).a, "stale");
});

test("a stolen lease does not count, and its result is not taken", async () => {
  const d = await plan({ segments: 1, attempts: 2 });
  await d.segBegin(0, "l");
  await d.put(0, "l", 0, 1);
  await d.begin("0.0", "died"); // in company, so it counts no further
  for (let i = 0; i < 5; i++) {
    const slow = await d.begin("0.0", `slow ${i}`);
    await d.begin("0.0", `thief ${i}`);
    assert.equal((await d.commit("0.0", `slow ${i}`, slow)).a, "stale");
    await ledger.handBack(d.job, d.ep, "0.0", `thief ${i}`, "infer");
  }
  await d.infer("0.0");
  assert.equal((await d.trackBegin()).batches[0]!.ranges[0]!.gap, undefined);
});

test("a lost payload opens its segment again", async () => {
  const d = await plan({ segments: 1 });
  await d.segBegin(0, "l");
  await d.put(0, "l", 0);
  await d.put(0, "l", 1);
  await d.end(0, "l", 2);
  await d.infer("0.0");
  await d.begin("0.1", "i");
  assert.equal((await ledger.lost(d.job, d.ep, "0.1", "another")).a, "stale");
  const lost = await ledger.lost(d.job, d.ep, "0.1", "i");
  assert.deepEqual([lost.a, names(lost)], ["ok", ["decode 0 #2"]]);
  assert.deepEqual(await liveBatches(d), []);
  assert.deepEqual(await d.track(), [], "the cursor waits");
  const waiting = await ledger.begin(d.job, d.ep, "0.1", "j", "infer");
  assert.deepEqual([waiting.a, names(waiting)], ["skip", ["decode 0 #2"]]);
  await d.segBegin(0, "m");
  assert.deepEqual(await d.put(0, "m", 1), ["infer 0.1 #2"]);
  assert.deepEqual(await d.end(0, "m", 2), []);
  assert.deepEqual(await d.infer("0.1"), ["track #2"]);
  assert.deepEqual(await d.track(), ["index #1"]);
  assert.equal(await d.field("fd"), "8");
});

test("results survive the loss of their payload", async () => {
  const d = await plan({ segments: 1 });
  await d.segBegin(0, "l");
  await d.put(0, "l", 0, 4);
  await d.begin("0.0", "died");
  assert.equal((await d.commit("0.0", "a", await d.begin("0.0", "a"))).a, "more");
  assert.deepEqual(await d.begin("0.0", "b"), [2, 4]);
  await ledger.lost(d.job, d.ep, "0.0", "b");
  await d.put(0, "l", 0, 4);
  assert.deepEqual(await d.begin("0.0", "c"), [2, 4]);
});

test("enhanced pixels live on the credit of the decoded ones", async () => {
  const d = await plan({ segments: 1, enhance: true });
  await d.segBegin(0, "l");
  assert.deepEqual(await d.put(0, "l", 0), ["enhance 0.0 #1"]);
  const early = await ledger.begin(d.job, d.ep, "0.0", "i", "infer");
  assert.deepEqual([early.a, names(early)], ["skip", ["enhance 0.0 #1"]]);
  const begun = await ledger.begin(d.job, d.ep, "0.0", "e", "enhance");
  assert.deepEqual([begun.a, "f" in begun && begun.t], ["run", 4]);
  assert.equal((await ledger.enhCommit(d.job, d.ep, "0.0", "other", 8)).a, "stale");
  const committed = await ledger.enhCommit(d.job, d.ep, "0.0", "e", 8);
  assert.deepEqual([committed.a, names(committed)], ["ok", ["infer 0.0 #2"]]);
  const late = await ledger.begin(d.job, d.ep, "0.0", "f", "enhance");
  assert.deepEqual([late.a, names(late)], ["skip", ["infer 0.0 #2"]]);
  const skipped = await d.acquire(0, "l", 0);
  assert.deepEqual([skipped.a, names(skipped)], ["skip", ["infer 0.0 #2"]]);
  assert.deepEqual(await liveBatches(d), ["0.0"]);
  const run = await ledger.begin(d.job, d.ep, "0.0", "i", "infer");
  assert.equal("sum" in run && run.sum, "8");
  assert.deepEqual(names(await d.commit("0.0", "i", [0, 4])), ["track #1"]);
});

test("a batch that cannot be enhanced is a gap, less what has a result", async () => {
  const d = await plan({ segments: 1, enhance: true, attempts: 2 });
  await d.segBegin(0, "l");
  await d.put(0, "l", 0);
  const attempt = (lease: string) => ledger.begin(d.job, d.ep, "0.0", lease, "enhance");
  assert.equal((await attempt("e0")).a, "run");
  await ledger.handBack(d.job, d.ep, "0.0", "e0", "enhance");
  for (const lease of ["e1", "e2"]) assert.equal((await attempt(lease)).a, "run");
  const over = await attempt("e3");
  assert.deepEqual([over.a, names(over)], ["drop", ["track #1"]]);
  assert.deepEqual((await d.trackBegin()).batches[0]!.ranges, [{ f: 0, t: 4, att: 0, gap: 1 }]);
});

test("a fallback starts a new epoch with one segment and nothing of the old", async () => {
  const d = await plan({ segments: 3 });
  await d.segBegin(0, "l");
  await d.finish(0, "l", 0);
  await d.track();
  await d.segBegin(1, "m");
  await d.put(1, "m", 0);
  assert.equal((await ledger.fallback(d.job, d.ep, 1, "l", "e2", 40)).a, "stale");
  const answer = await ledger.fallback(d.job, d.ep, 1, "m", "e2", 40);
  assert.deepEqual([answer.a, names(answer)], ["ok", ["decode 0 #1"]]);
  assert.equal((await d.acquire(0, "l", 1)).a, "gone");
  assert.deepEqual(await liveBatches(d), []);
  d.ep = "e2";
  const { ck, ord, cs, cb, mode, nseg } = (await ledger.read(d.job))!;
  assert.deepEqual([ck, ord, cs, cb, mode, nseg], ["", "0", "0", "0", "sequential", "1"]);
  assert.equal(await redis.exists(...ledgerKeys(d.job).slice(2)), 0);
  await d.segBegin(0, "n");
  assert.equal((await ledger.fallback(d.job, d.ep, 0, "m", "e3", 40)).a, "stale");
  assert.equal((await ledger.fallback(d.job, d.ep, 0, "n", "e3", 40)).a, "ok", "to one thread");
});

test("a job that is planned anew keeps its age and its turns, and nothing of the plan before", async () => {
  const d = await plan({ segments: 3 });
  await d.segBegin(0, "l");
  await d.finish(0, "l", 0);
  await d.track();
  await d.put(0, "l", 1);
  const before = (await ledger.read(d.job))!;
  assert.equal((await ledger.replan(d.job, "other")).a, "gone");
  for (let said = 0; said < 2; said++) {
    const answer = await ledger.replan(d.job, d.ep);
    assert.deepEqual([answer.a, names(answer)], ["ok", ["ingest #1"]]);
  }
  assert.equal((await d.acquire(0, "l", 2)).a, "gone");
  assert.equal(await redis.exists(...ledgerKeys(d.job).slice(2)), 0);
  const { acceptedAt, vt, st } = (await ledger.read(d.job))!;
  assert.deepEqual([acceptedAt, vt, st], [before["acceptedAt"], before["vt"], "queued"]);
  assert.deepEqual(names(await ledger.due(d.job)), ["ingest #1"], "for who died before it said so");
  await ledger.pause(d.job);
  assert.deepEqual(names(await ledger.replan(d.job, d.ep)), []);
  assert.deepEqual(names(await ledger.resume(d.job)), ["ingest #1"]);
  assert.equal((await ledger.validate(d.job)).a, "ok");
  assert.equal((await ledger.plan(d.job, "e2", { ...PLAN, segments: 1 })).a, "ok");
  assert.equal((await ledger.replan(d.job, d.ep)).a, "gone");
});

test("decode counts attempts without progress", async () => {
  const d = await plan({ segments: 1, attempts: 2 });
  const begin = (lease: string) => ledger.segBegin(d.job, d.ep, 0, lease, "by");
  assert.equal((await begin("a")).a, "ok");
  await d.put(0, "a", 0);
  for (const lease of ["b", "c"]) {
    assert.equal((await begin(lease)).a, "ok");
    for (let said = 0; said < 2; said++) {
      assert.equal((await ledger.segFail(d.job, d.ep, 0, lease)).a, "ok");
    }
  }
  assert.deepEqual(await begin("d"), { a: "exhausted", mode: "parallel", batches: 1, frames: 4 });
  assert.equal((await ledger.segFail(d.job, d.ep, 0, "a")).a, "stale");
});

test("a process that dies says less about its segment than a decoder that fails", async () => {
  const d = await plan({ segments: 1, attempts: 2 });
  const begin = async (lease: string) => (await ledger.segBegin(d.job, d.ep, 0, lease, "by")).a;
  for (let death = 0; death < 8; death++) assert.equal(await begin(`dead ${death}`), "ok");
  assert.equal(await begin("the last"), "exhausted");
});

test("an attempt of decode that was handed back, stolen or paused does not count", async () => {
  const d = await plan({ segments: 1, attempts: 2 });
  const begin = async (lease: string) => (await ledger.segBegin(d.job, d.ep, 0, lease, "by")).a;
  for (let i = 0; i < 4; i++) {
    assert.equal(await begin(`back ${i}`), "ok");
    assert.equal((await ledger.segHandBack(d.job, d.ep, 0, `back ${i}`)).a, "ok");
    assert.equal((await ledger.segHandBack(d.job, d.ep, 0, `back ${i}`)).a, "stale");
  }
  for (let i = 0; i < 4; i++) {
    assert.equal(await begin(`slow ${i}`), "ok");
    assert.equal(await begin(`thief ${i}`), "ok");
    assert.equal((await d.acquire(0, `slow ${i}`, 0)).a, "stale");
    await ledger.segHandBack(d.job, d.ep, 0, `thief ${i}`);
  }
  for (let i = 0; i < 4; i++) {
    assert.equal(await begin(`paused ${i}`), "ok");
    await pause(d);
    assert.equal((await d.acquire(0, `paused ${i}`, 0)).a, "stale");
    await resume(d);
  }
  for (const lease of ["a", "b"]) {
    assert.equal(await begin(lease), "ok");
    await ledger.segFail(d.job, d.ep, 0, lease);
  }
  assert.equal(await begin("c"), "exhausted");
});

test("a holder that yields puts its segment behind those that wait, and no attempt counts", async () => {
  const d = await plan({ segments: 1, attempts: 1 });
  const begin = async (lease: string) => (await ledger.segBegin(d.job, d.ep, 0, lease, "by")).a;
  for (const [i, q] of [2, 3, 4].entries()) {
    assert.equal(await begin(`l${i}`), "ok");
    for (let said = 0; said < 2; said++) {
      const yielded = await ledger.segYield(d.job, d.ep, 0, `l${i}`);
      assert.deepEqual([yielded.a, names(yielded)], ["ok", [`decode 0 #${q}`]]);
    }
    assert.deepEqual(await d.due(), [`decode 0 #${q}`], "redelivered after a crash in between");
    assert.equal((await d.acquire(0, `l${i}`, 0)).a, "stale");
  }
  assert.equal(await begin("thief"), "ok");
  assert.equal((await ledger.segYield(d.job, d.ep, 0, "l0")).a, "stale");
  assert.equal((await d.acquire(0, "thief", 0)).a, "ok");
  assert.equal((await ledger.segYield(d.job, "another", 0, "thief")).a, "gone");
});

test("frames cost virtual time by the job's priority, and a job that was away is not owed for it", async () => {
  const vts: number[] = [];
  for (const priority of [1, 5, 9]) {
    const d = await plan({ segments: 1, priority });
    await ledger.segBegin(d.job, d.ep, 0, "l", "by", 1000);
    await d.acquire(0, "l", 0);
    const published = await d.publish(0, "l", 0, 18);
    assert.equal(published.a, "ok");
    assert.equal(published.due![0]!.vt, 1000, "a batch has the time at which it begins");
    vts.push(Number(await d.field("vt")));
    await ledger.segBegin(d.job, d.ep, 0, "m", "by", 7);
    assert.equal(Number(await d.field("vt")), vts.at(-1), "never back");
    await ledger.fallback(d.job, d.ep, 0, "m", "ep2", 40);
    assert.equal(Number(await d.field("vt")), vts.at(-1), "what was done over counts too");
  }
  assert.deepEqual(vts, [1090, 1018, 1010]);
});

test("the last step is due once both stages after track have left a reference", async () => {
  const d = await plan({ segments: 1, steps: ["index", "render", "finalize"] });
  assert.equal((await ledger.postCommit(d.job, d.ep, "index", "early")).a, "gone");
  await d.segBegin(0, "l");
  await d.finish(0, "l", 0);
  await d.end(0, "l", 1);
  assert.deepEqual(await d.track(), ["index #1", "render #1"]);
  assert.deepEqual(await d.due(), ["index #1", "render #1"]);
  const commit = async (stage: "index" | "render", ref: string): Promise<string[]> =>
    names(await ledger.postCommit(d.job, d.ep, stage, ref));
  assert.deepEqual(await commit("render", "r1"), ["index #1"]);
  assert.deepEqual(await d.due(), ["index #1"]);
  assert.deepEqual(await commit("index", "i1"), ["finalize #1"]);
  assert.deepEqual(await commit("index", "i2"), ["finalize #1"], "the first reference wins");
  assert.deepEqual([await d.field("index"), await d.field("render")], ["i1", "r1"]);
  assert.deepEqual(await d.due(), ["finalize #1"]);
});

test("views are cut, then looked at, then written down, and render waits for none of it", async () => {
  const d = await plan({ segments: 1, steps: LATE_STEPS });
  await d.segBegin(0, "l");
  await d.finish(0, "l", 0);
  await d.end(0, "l", 1);
  assert.deepEqual(await d.track(), ["cut #1", "render #1"]);
  const commit = async (stage: ReportStep, ref: string): Promise<string[]> =>
    names(await ledger.postCommit(d.job, d.ep, stage, ref));
  assert.deepEqual(await commit("cut", "c1"), ["look #1", "render #1"], "what is due anyway too");
  assert.deepEqual(await commit("render", "r1"), ["look #1"]);
  await ledger.pause(d.job);
  assert.equal((await ledger.postBegin(d.job, d.ep, "look")).a, "skip");
  assert.deepEqual(names(await ledger.resume(d.job)), ["look #2"], "a task of its own");
  assert.equal((await ledger.postBegin(d.job, d.ep, "look")).a, "run");
  assert.deepEqual(await commit("look", "l1"), ["index #1"]);
  assert.deepEqual(await commit("index", "i1"), ["finalize #1"]);
});

test("a job whose views nobody here can look at begins again", async () => {
  const d = await plan({ segments: 1, steps: ["cut", "look", "index", "finalize"] });
  await d.segBegin(0, "l");
  await d.finish(0, "l", 0);
  await d.end(0, "l", 1);
  await d.track();
  assert.equal((await ledger.replan(d.job, d.ep)).a, "gone", "nothing is looked at yet");
  await ledger.postCommit(d.job, d.ep, "cut", "c1");
  assert.deepEqual(names(await ledger.replan(d.job, d.ep)), ["ingest #1"]);
  assert.equal(await d.field("cut"), undefined);
});

test("a job ends once and leaves its record alone, for a while", async () => {
  const d = await plan();
  await d.segBegin(0, "l");
  await d.finish(0, "l", 0);
  await d.track();
  await d.put(0, "l", 1);
  const end = (state: "failed" | "cancelled") =>
    ledger.end(d.job, { state, finishedAt: "2026-01-01T00:00:00Z" }, 3600);
  assert.equal((await end("failed")).a, "ok");
  assert.deepEqual(await end("cancelled"), { a: "ended", st: "failed" });
  assert.deepEqual(await redis.keys(`fq:{${d.job}}:*`), [jobKey(d.job)]);
  assert.ok((await redis.ttl(jobKey(d.job))) > 3500);
  assert.deepEqual(await ledger.cancelling(d.job), { a: "ended", st: "failed" });
  assert.deepEqual(await ledger.due(d.job), { a: "ok", ended: "failed" });

  for (const answer of [
    await d.acquire(0, "l", 2),
    await d.publish(0, "l", 2),
    await d.segEnd(0, "l", 2),
    await ledger.segBegin(d.job, d.ep, 0, "m", "by"),
    await ledger.begin(d.job, d.ep, "0.1", "i", "infer"),
    await ledger.trackBegin(d.job, d.ep, 8),
    await ledger.readParts(d.job, d.ep),
    await ledger.validate(d.job),
    await ledger.plan(d.job, "e9", PLAN),
  ]) {
    assert.deepEqual(answer, { a: "gone" });
  }
  assert.deepEqual(await redis.keys(`fq:{${d.job}}:*`), [jobKey(d.job)]);
});

test("a cancellation that has begun ends as one", async () => {
  const d = await plan();
  assert.deepEqual(await ledger.cancelling(newJobId()), { a: "unknown" });
  const cancelling = await ledger.cancelling(d.job);
  assert.deepEqual([cancelling.a, cancelling.due], ["ok", undefined]);
  assert.equal((await ledger.segBegin(d.job, d.ep, 0, "l", "by")).a, "gone");
  assert.deepEqual(await ledger.due(d.job), { a: "ok", ended: "cancelling" });
  const end = (state: "succeeded" | "cancelled") =>
    ledger.end(d.job, { state, finishedAt: "2026-01-01T00:00:00Z" }, 3600);
  assert.deepEqual(await end("succeeded"), { a: "ended", st: "cancelling" });
  assert.equal((await end("cancelled")).a, "ok");
});

test("due answers everything that is due", async () => {
  const unknown = newJobId();
  assert.deepEqual(await ledger.due(unknown), { a: "ok" });
  await ledger.accept(unknown, "2026-01-01T00:00:00Z");
  assert.deepEqual(names(await ledger.due(unknown)), ["ingest #0"], "not planned yet");

  const d = await plan({ segments: 3 });
  assert.deepEqual(await d.due(), ["decode 0 #1", "decode 1 #1"]);
  await d.segBegin(0, "l");
  await d.finish(0, "l", 0);
  assert.deepEqual(await d.due(), ["decode 0 #1", "decode 1 #1", "track #1"]);
  await d.put(0, "l", 1);
  await d.end(0, "l", 2);
  assert.deepEqual(await d.due(), ["decode 1 #1", "infer 0.1 #1", "track #1"]);
  await d.infer("0.1");
  await d.track();
  assert.deepEqual(await d.due(), ["decode 1 #1", "decode 2 #1"]);
  assert.equal((await ledger.due(d.job)).ep, d.ep);
});

test("a paused job starts nothing, takes commits, and owes everything when it goes on", async () => {
  const d = await plan({ segments: 1 });
  await d.segBegin(0, "l");
  await d.put(0, "l", 0);
  await d.put(0, "l", 1);
  const range = await d.begin("0.0", "i");
  await d.acquire(0, "l", 2);
  await pause(d);
  assert.equal((await d.publish(0, "l", 2)).a, "ok");
  assert.deepEqual(names(await d.commit("0.0", "i", range)), ["track #1"]);
  assert.equal((await ledger.begin(d.job, d.ep, "0.1", "j", "infer")).a, "skip");
  assert.equal((await ledger.begin(d.job, d.ep, "0.0", "j", "infer")).a, "drop");
  assert.deepEqual(await ledger.trackBegin(d.job, d.ep, 8), { a: "none" }, "not hot");
  assert.equal((await ledger.segBegin(d.job, d.ep, 0, "m", "by")).a, "skip");
  assert.deepEqual(await d.due(), []);
  await resume(d);
  assert.deepEqual(
    await d.due(),
    ["decode 0 #2", "infer 0.1 #2", "infer 0.2 #1", "track #2"],
    "whatever was turned away has a new generation",
  );
});

test("parts roll up into a manifest once, in order", async () => {
  const d = await plan({ segments: 1 });
  await d.segBegin(0, "l");
  for (const batch of [0, 1, 2]) {
    await d.finish(0, "l", batch);
    await d.track();
  }
  const rollUp = async (previous: string, parts: number, ref: string) =>
    (await ledger.rollUp(d.job, d.ep, previous, parts, ref)).a;
  assert.equal(await rollUp("", 4, "m1"), "stale", "more than there are");
  assert.equal(await rollUp("", 2, "m1"), "ok");
  assert.equal(await rollUp("", 1, "m2"), "stale", "m1 came first");
  const read = await ledger.readParts(d.job, d.ep);
  assert.deepEqual(read, {
    a: "ok",
    roll: "m1",
    parts: ["part12"],
    ck: "ck12",
    ord: 12,
    st: "running",
  });
});

// The client sends a script again when its connection broke before the answer, so the second answer must do.
test("a script that ran twice for one caller answers as it did, with what is due", async (t) => {
  const twice = async <A extends { readonly a: string; readonly due?: readonly Due[] }>(
    call: () => Promise<A>,
  ): Promise<[A, string[]]> => {
    await call();
    const second = await call();
    return [second, names(second)];
  };

  await t.test("plan", async () => {
    const job = newJobId();
    await ledger.accept(job, "2026-01-01T00:00:00Z");
    const [{ a }, due] = await twice(() => ledger.plan(job, "e1", PLAN));
    assert.deepEqual([a, due], ["ok", ["decode 0 #1", "decode 1 #1"]]);
  });

  await t.test("segBegin and begin count one attempt", async () => {
    const d = await plan({ segments: 1, attempts: 1 });
    const [begun] = await twice(() => ledger.segBegin(d.job, d.ep, 0, "l", "by"));
    assert.equal(begun.a, "ok");
    await d.put(0, "l", 0);
    const [run] = await twice(() => ledger.begin(d.job, d.ep, "0.0", "i", "infer"));
    assert.deepEqual([run.a, "t" in run && run.t], ["run", 4]);
    assert.equal((await d.commit("0.0", "i", [0, 4])).a, "done");
  });

  await t.test("acquire and publish", async () => {
    const d = await plan();
    await d.segBegin(0, "l");
    assert.equal((await twice(() => d.acquire(0, "l", 0)))[0].a, "ok");
    assert.equal((await twice(() => d.publish(0, "l", 0)))[0].a, "retry");
    assert.deepEqual(names(await d.acquire(0, "l", 0)), ["infer 0.0 #1"], "which leads here");
  });

  await t.test("commit", async () => {
    const d = await plan({ segments: 1 });
    await d.segBegin(0, "l");
    await d.put(0, "l", 0);
    await d.begin("0.0", "died");
    const half = await d.begin("0.0", "i");
    assert.equal((await twice(() => d.commit("0.0", "i", half)))[0].a, "more");
    const rest = await d.begin("0.0", "j");
    const [{ a }, due] = await twice(() => d.commit("0.0", "j", rest));
    assert.deepEqual([a, due], ["done", ["decode 0 #1", "track #1"]]);
  });

  await t.test("begin that finishes the batch", async () => {
    const d = await plan({ segments: 1, attempts: 1 });
    await d.segBegin(0, "l");
    await d.put(0, "l", 0, 1);
    await d.begin("0.0", "died");
    await d.begin("0.0", "died again");
    const [{ a }, due] = await twice(() => ledger.begin(d.job, d.ep, "0.0", "i", "infer"));
    assert.deepEqual([a, due], ["drop", ["decode 0 #1", "track #1"]]);
  });

  await t.test("enhCommit and lost", async () => {
    const d = await plan({ segments: 1, enhance: true });
    await d.segBegin(0, "l");
    await d.put(0, "l", 0);
    await ledger.begin(d.job, d.ep, "0.0", "e", "enhance");
    const [{ a }, due] = await twice(() => ledger.enhCommit(d.job, d.ep, "0.0", "e", 8));
    assert.deepEqual([a, due], ["ok", ["infer 0.0 #2"]]);
    await d.begin("0.0", "i");
    const [, lostDue] = await twice(() => ledger.lost(d.job, d.ep, "0.0", "i"));
    assert.deepEqual(lostDue, ["decode 0 #1"]);
  });

  await t.test("segEnd", async () => {
    const d = await plan({ segments: 3 });
    await d.segBegin(0, "l");
    await d.finish(0, "l", 0);
    await d.track();
    const [{ a }, due] = await twice(() => d.segEnd(0, "l", 1));
    assert.deepEqual([a, due], ["stale", ["decode 1 #1", "decode 2 #1"]], "stale is over, too");
  });

  await t.test("trackCommit", async () => {
    const d = await plan({ segments: 1 });
    await d.segBegin(0, "l");
    await d.finish(0, "l", 0);
    await d.finish(0, "l", 1);
    const run = await d.trackBegin(1);
    const [{ a }, due] = await twice(() => d.trackCommit(run));
    assert.deepEqual([a, due], ["ok", ["decode 0 #1", "track #2"]]);
    const last: TrackRun = await d.trackBegin();
    await d.end(0, "l", 2);
    const [ended, endedDue] = await twice(() => d.trackCommit(last));
    assert.deepEqual([ended.a, endedDue], ["ok", ["index #1"]]);
    assert.equal(await redis.llen(ledgerKeys(d.job)[4]!), 2);
  });

  await t.test("fallback", async () => {
    const d = await plan();
    await d.segBegin(0, "l");
    const [{ a }, due] = await twice(() => ledger.fallback(d.job, d.ep, 0, "l", "e2", 40));
    assert.deepEqual([a, due], ["ok", ["decode 0 #1"]]);
  });

  await t.test("postCommit", async () => {
    const d = await plan({ segments: 1 });
    await d.segBegin(0, "l");
    await d.end(0, "l", 0);
    const [{ a }, due] = await twice(() => ledger.postCommit(d.job, d.ep, "index", "i"));
    assert.deepEqual([a, due], ["ok", ["finalize #1"]]);
  });
});

test("grants stay within the budget of the site", async () => {
  const site = createLedger(redis, "small");
  const [grants, total] = ["fq:{small}:grants", "fq:{small}:total"];
  const grant = (id: string, tok: string, bytes: number) => site.grant(id, tok, bytes, 100);
  const sum = async (): Promise<string | null> => redis.get(total);
  assert.equal(await grant("J/e/0.0", "t1", 60), "ok");
  assert.equal(await grant("J/e/0.1", "t1", 50), "wait");
  assert.equal(await grant("J/e/0.1", "t1", 40), "ok");
  assert.equal(await grant("J/e/0.0", "t2", 60), "ok", "the same id again, to a new token");
  assert.equal(await sum(), "100");
  await site.release("J/e/0.0", "t1");
  assert.equal(await sum(), "100", "not the token that holds it");
  await site.release("J/e/0.0", "t2");
  await site.release("J/e/0.0", "t2");
  assert.equal(await sum(), "40");
  assert.equal(await grant("J/f/0.0", "t", 10), "ok");
  assert.equal(await grant("K/e/0.0", "t", 10), "ok");
  await site.releaseAll("J/e/");
  assert.deepEqual((await redis.hkeys(grants)).sort(), ["J/f/0.0", "K/e/0.0"]);
  await site.releaseAll("J/");
  assert.equal(await sum(), "10");
  await site.release("K/e/0.0", "t");
  assert.equal(await redis.exists(grants, total), 0, "nothing is left");
});

test("many grants of a job are released at once", async () => {
  const site = createLedger(redis, "large");
  const ids = Array.from({ length: 1200 }, (_, i): BatchKey => `0.${i}`);
  await Promise.all(ids.map((k) => site.grant(`J/e/${k}`, "t", 1, 5000)));
  await site.grant("K/e/0.0", "t", 1, 5000);
  await site.releaseAll("J/");
  assert.equal(await redis.get("fq:{large}:total"), "1");
});

test("scripts survive a Redis that has forgotten them", async () => {
  const d = await plan();
  await redis.script("FLUSH");
  await d.segBegin(0, "l");
  assert.deepEqual(await d.put(0, "l", 0), ["infer 0.0 #1"]);
});

test("a job whose share follows the workers may hold and open more, and never less", async () => {
  const d = await plan({ segments: 6, window: 2, openSegments: 2, auto: true });
  const widen = async (window: number, openSegments: number): Promise<string[]> =>
    names(await ledger.widen(d.job, d.ep, { window, openSegments }));
  assert.ok((await widen(8, 4)).includes("decode 3 #1"));
  assert.ok(!(await d.due()).includes("decode 4 #1"));
  await widen(3, 1);
  assert.deepEqual([await d.field("W"), await d.field("S")], ["8", "4"]);
  await widen(8, 99);
  assert.equal(await d.field("S"), "8", "no more segments than credits");
  const fixed = await plan({ segments: 6, window: 2, openSegments: 2 });
  await ledger.widen(fixed.job, fixed.ep, { window: 8, openSegments: 4 });
  assert.equal(await fixed.field("W"), "2");
  assert.equal((await ledger.widen(d.job, "another", { window: 9, openSegments: 9 })).a, "gone");
});
