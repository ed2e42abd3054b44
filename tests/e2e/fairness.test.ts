import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { executionOptionsSchema, type JobId } from "@framequeue/contracts";
import { openSmallSite, type SmallSite, writeSmallVideo } from "./small-site.ts";

/** Frames of jobs that are decoded: what they got of the one decoder. */
async function decoded(site: SmallSite, jobs: readonly JobId[]): Promise<number[]> {
  const views = await Promise.all(jobs.map((job) => site.view(job)));
  return views.map(({ progress }) => progress.decoded);
}

/** Segments of 10 s, or the whole video in one go: such a job would keep the decoder to its end. */
const PARALLEL = { execution: executionOptionsSchema.parse({ segmentSeconds: 10 }) };
const IN_ONE_GO = { execution: executionOptionsSchema.parse({ segmentSeconds: 0 }) };

test("a short job behind long ones gets its share at once", async (t) => {
  await using site = await openSmallSite({ decoders: 1, quantumMs: 200 });
  const [long, short] = [join(site.folder, "long.mp4"), join(site.folder, "short.mp4")];
  await writeSmallVideo(long, 240);
  await writeSmallVideo(short, 16);

  const longs: JobId[] = [];
  for (const cut of [PARALLEL, IN_ONE_GO, PARALLEL, IN_ONE_GO])
    longs.push(await site.submit(long, cut));
  for (const job of longs) await site.until(job, ({ progress }) => progress.decoded > 0);
  const before = await decoded(site, longs);
  const late = await site.submit(short, PARALLEL);
  await site.until(late, ({ progress }) => progress.decoded >= 400);
  const after = await decoded(site, longs);
  const gained = after.map((frames, i) => frames - before[i]!);
  t.diagnostic(`while the short job got its 400 frames the long ones got ${gained.join(", ")}`);
  assert.equal((await site.ended(late)).state, "succeeded");
  for (const [i, frames] of gained.entries()) {
    assert.ok(frames <= 1600, `job ${i} got ${frames} frames while the short one got 400`);
    assert.ok(after[i]! < 6_000, `job ${i} was done before`);
  }
});

test("shares follow priority, and the lowest is not starved", async (t) => {
  await using site = await openSmallSite({ decoders: 1, quantumMs: 200 });
  const video = join(site.folder, "video.mp4");
  await writeSmallVideo(video, 160);
  const low = await site.submit(video, { ...PARALLEL, priority: 1 });
  const high = [
    await site.submit(video, { ...PARALLEL, priority: 9 }),
    await site.submit(video, { ...IN_ONE_GO, priority: 9 }),
  ];
  for (const job of high) await site.until(job, ({ progress }) => progress.decoded > 2500);
  const [slow] = await decoded(site, [low]);
  const fast = await decoded(site, high);
  t.diagnostic(`priority 1: ${slow} frames; priority 9: ${fast.join(" and ")}`);
  assert.ok(slow! >= 100, `starved: ${slow}`);
  assert.ok(slow! * 3 <= Math.min(...fast), `no less than the others: ${slow}`);
});

test("shares follow priority where every segment has a decoder, and infer is what is short", async (t) => {
  await using site = await openSmallSite({ decoders: 8 });
  const video = join(site.folder, "video.mp4");
  await writeSmallVideo(video, 160);
  const low = await site.submit(video, { ...PARALLEL, priority: 1 });
  await site.until(low, ({ progress }) => progress.inferred > 0);
  const high = await site.submit(video, { ...PARALLEL, priority: 9 });
  const before = (await site.view(low)).progress.inferred;
  await site.until(high, ({ progress }) => progress.inferred > 2000);
  const slow = (await site.view(low)).progress.inferred - before;
  t.diagnostic(`priority 1: ${slow} frames while priority 9 got 2000`);
  assert.ok(slow >= 50, `starved: ${slow}`);
  assert.ok(slow <= 1500, `no less than the other: ${slow}`);
});
