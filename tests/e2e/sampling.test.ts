import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import {
  type AcceptedJob,
  type Analytics,
  analyticsOptionsSchema,
  analyticsSchema,
  decodeFeature,
  executionOptionsSchema,
  type FrameRow,
  type JobId,
  ProblemError,
  type ResultOptions,
  resultOptionsSchema,
  type TrackRow,
  type ViewRow,
  viewRowSchema,
} from "@framequeue/contracts";
import { compareJobs, type JobToCompare } from "@framequeue/outputs";
import { countFrames, writeClip } from "./clip.ts";
import { storeColourModel } from "./colour-model.ts";
import { artifact, rowsOf, seenRows, summaryOf, tracksOf } from "./small-results.ts";
import { openSmallSite, type SmallSite } from "./small-site.ts";

const run = promisify(execFile);
const FRAMES = 147;
const SECONDS = FRAMES / 25;
const FILES = ["frames.jsonl", "tracks.jsonl", "mot.txt", "events.jsonl", "analytics.json"];
const ANALYTICS = analyticsOptionsSchema.parse({
  lines: [{ name: "middle", from: [300, 360], to: [300, 0] }],
  trackEvents: true,
});

const sampled = (everyNth: number, more: object = {}): ResultOptions =>
  resultOptionsSchema.parse({ everyNth, ...more });

/** Runs a job to its end, which must be the one that is expected. */
async function results(
  site: SmallSite,
  video: string,
  options: Partial<AcceptedJob>,
  state = "succeeded",
): Promise<JobId> {
  const job = await site.submit(video, { analytics: ANALYTICS, ...options });
  assert.equal((await site.ended(job)).state, state);
  return job;
}

async function hashes(site: SmallSite, job: JobId): Promise<(string | undefined)[]> {
  const { artifacts } = (await site.pipeline.jobs.result(job))!;
  return FILES.map((name) => artifacts[name]?.sha256);
}

/** What is said of a frame, but for tracks. */
const withoutTracks = ({ detections, ...row }: FrameRow) => ({
  ...row,
  detections: detections.map(({ trackId: _, ...detection }) => detection),
});

test("every n-th frame: the same bytes however the work is cut, and the detections of a full job", async () => {
  await using site = await openSmallSite({ decoders: 2 });
  await using busy = await openSmallSite({ decoders: 1, inferWorkers: 2 });
  const video = join(site.folder, "walk.mp4");
  await writeClip(video, { seconds: SECONDS });
  const full = await results(site, video, {});
  const fullRows = await seenRows(site, full);
  assert.equal(fullRows.length, FRAMES);
  for (const everyNth of [2, 7, 60]) {
    const options = sampled(everyNth);
    const cuts = [
      { segmentSeconds: 0 },
      { segmentSeconds: 0, batchFrames: 3 },
      { segmentSeconds: 1, batchFrames: 1, window: 2 },
      { segmentSeconds: 2, batchFrames: 5, openSegments: 1 },
    ];
    const jobs: JobId[] = [];
    for (const cut of cuts) {
      const execution = executionOptionsSchema.parse(cut);
      jobs.push(await results(site, video, { options, execution }));
    }
    const [first, ...others] = jobs;
    const expected = await hashes(site, first!);
    for (const other of others) assert.deepEqual(await hashes(site, other), expected);
    const execution = executionOptionsSchema.parse({ segmentSeconds: 1, batchFrames: 4 });
    const among = await results(busy, video, { options, execution });
    assert.deepEqual(await hashes(busy, among), expected);
    const modes = await Promise.all(
      jobs.map(async (job) => (await summaryOf(site, job)).execution.mode),
    );
    assert.deepEqual(modes, ["sequential", "sequential", "parallel", "parallel"]);

    const rows = await seenRows(site, first!);
    assert.deepEqual(
      rows.map(withoutTracks),
      fullRows.filter(({ frame }) => frame % everyNth === 0).map(withoutTracks),
    );
    const { frames, framesLookedAt, timing, gaps } = await summaryOf(site, jobs[2]!);
    assert.deepEqual([frames, framesLookedAt, gaps], [FRAMES, rows.length, []]);
    assert.ok(Math.abs(timing.fps - FRAMES / timing.seconds) < 0.01);
    const { media, options: told } = JSON.parse(
      (await artifact(site, first!, "frames.jsonl")).split("\n", 1)[0]!,
    );
    assert.deepEqual([media.frames, told.everyNth], [FRAMES, everyNth]);
    const { progress } = await site.view(jobs[2]!);
    assert.deepEqual(
      [progress.total, progress.decoded, progress.inferred, progress.tracked],
      Array.from({ length: 4 }, () => rows.length),
    );
  }
});

test("tracks, times and speeds are those of the video, for every tracker", async () => {
  await using site = await openSmallSite();
  const video = join(site.folder, "walk.mp4");
  await writeClip(video, { seconds: SECONDS });
  for (const algorithm of ["bytetrack", "botsort", "ocsort", "sort"] as const) {
    const told: { speeds: number[]; tracks: TrackRow[]; crossings: string[] }[] = [];
    for (const everyNth of [1, 5]) {
      const job = await results(site, video, {
        options: sampled(everyNth, { tracker: { algorithm } }),
      });
      const analytics: Analytics = analyticsSchema.parse(
        JSON.parse(await artifact(site, job, "analytics.json")),
      );
      const tracks = await tracksOf(site, job);
      for (const { path } of tracks) {
        assert.ok(path.every(([frame]) => frame % everyNth === 0));
      }
      const mot = (await artifact(site, job, "mot.txt")).trimEnd().split("\n");
      assert.ok(mot.every((line) => (Number(line.split(",", 1)[0]) - 1) % everyNth === 0));
      told.push({
        speeds: Object.values(analytics.speed.labels).map(({ mean }) => mean),
        tracks,
        crossings: Object.values(analytics.lines).map((line) => JSON.stringify(line)),
      });
    }
    const [full, some] = told;
    assert.equal(some!.tracks.length, full!.tracks.length, algorithm);
    assert.deepEqual(some!.crossings, full!.crossings);
    assert.equal(full!.speeds.length, 3);
    for (const [i, speed] of some!.speeds.entries()) {
      assert.ok(Math.abs(speed / full!.speeds[i]! - 1) < 0.05, `${algorithm}: ${speed}`);
    }
    for (const { last } of some!.tracks) assert.ok(last.frame >= FRAMES - 7, `${last.frame}`);
  }
});

test("the annotated video has every frame, and boxes between two looks are where the object is", async () => {
  await using site = await openSmallSite();
  const video = join(site.folder, "walk.mp4");
  await writeClip(video, { seconds: SECONDS });
  const full = await results(site, video, { render: true });
  const some = await results(site, video, { render: true, options: sampled(7) });
  const pictures: Buffer[] = [];
  for (const job of [full, some]) {
    const result = await site.pipeline.jobs.result(job);
    const file = join(site.folder, `${job}.mp4`);
    await writeFile(file, await site.pipeline.objects.get(result!.artifacts["annotated.mp4"]!.key));
    assert.equal((await countFrames(file)).frames, FRAMES);
    const raw = join(site.folder, `${job}.gray`);
    // half way between two looks
    await run("ffmpeg", [
      ...["-v", "error", "-y", "-i", file, "-vf", "select=eq(n\\,52),format=gray"],
      ...["-frames:v", "1", "-f", "rawvideo", raw],
    ]);
    pictures.push(await readFile(raw));
  }
  const [a, b] = pictures;
  assert.equal(a!.length, 640 * 360);
  // The blocks walk 26 pixels in 7 frames: boxes that stay behind would draw their edges elsewhere.
  const differing = a!.reduce((sum, level, i) => sum + (Math.abs(level - b![i]!) > 64 ? 1 : 0), 0);
  const plain = await run(
    "ffmpeg",
    [
      ...["-v", "error", "-i", video, "-vf", "select=eq(n\\,52),format=gray"],
      ...["-frames:v", "1", "-f", "rawvideo", "-"],
    ].flat(),
    { encoding: "buffer" },
  );
  const drawn = a!.reduce(
    (sum, level, i) => sum + (Math.abs(level - plain.stdout[i]!) > 64 ? 1 : 0),
    0,
  );
  assert.ok(drawn > 1000, `${drawn} pixels are drawn on`);
  assert.ok(differing < drawn / 4, `${differing} of ${drawn} pixels differ`);
});

test("a file that ends early: the gap is in frames of the source", async () => {
  await using site = await openSmallSite();
  const video = join(site.folder, "whole.mp4");
  await writeClip(video, { seconds: SECONDS });
  const bytes = await readFile(video);
  const cut = join(site.folder, "cut.mp4");
  await writeFile(cut, bytes.subarray(0, Math.floor(bytes.length * 0.7)));
  const gaps: unknown[] = [];
  for (const everyNth of [1, 7]) {
    const options = sampled(everyNth);
    const job = await results(site, cut, { options }, "succeeded_with_warnings");
    const summary = await summaryOf(site, job);
    gaps.push([summary.frames, summary.gaps]);
    assert.deepEqual((await rowsOf(site, job)).at(-1), { gap: summary.gaps[0] });
  }
  assert.deepEqual(gaps[1], gaps[0]);
});

test("a job that failed half way adopts what it had, and the result is that of one that did not", async () => {
  await using site = await openSmallSite();
  const video = join(site.folder, "walk.mp4");
  await writeClip(video, { seconds: SECONDS });
  for (const cut of [
    { segmentSeconds: 0, batchFrames: 2 },
    { segmentSeconds: 1, batchFrames: 2 },
  ]) {
    const execution = executionOptionsSchema.parse(cut);
    const options = sampled(3);
    const calm = await results(site, video, { options, execution });
    const job = await site.submit(video, { options, execution, analytics: ANALYTICS });
    await site.until(job, ({ progress }) => progress.inferred >= 20);
    await site.pipeline.jobs.fail(
      job,
      new ProblemError("internal", "The test says so.").toProblem(),
    );
    await site.pipeline.jobs.retry(job);
    assert.equal((await site.ended(job)).state, "succeeded");
    assert.deepEqual(await hashes(site, job), await hashes(site, calm));
  }
});

test("a file that does not decode from its key frames as it does in one go", async () => {
  await using site = await openSmallSite();
  const video = join(site.folder, "damaged.mp4");
  await writeClip(video, { seconds: SECONDS });
  const bytes = await readFile(video);
  // The packets are where they were, but not what they were.
  bytes.fill(0xff, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 400);
  await writeFile(video, bytes);
  const full = await results(site, video, {}, "succeeded_with_warnings");
  // Every fifth of those that decode: numbers count what is missing too.
  const expected = (await seenRows(site, full)).filter((_, i) => i % 5 === 0);
  const jobs: JobId[] = [];
  for (const segmentSeconds of [1, 0]) {
    const execution = executionOptionsSchema.parse({ segmentSeconds });
    const options = sampled(5);
    jobs.push(await results(site, video, { options, execution }, "succeeded_with_warnings"));
  }
  const [fallen, whole] = jobs;
  assert.deepEqual(await hashes(site, fallen!), await hashes(site, whole!));
  assert.equal((await summaryOf(site, fallen!)).execution.mode, "sequential");
  assert.deepEqual((await seenRows(site, fallen!)).map(withoutTracks), expected.map(withoutTracks));
  const { frames } = await summaryOf(site, fallen!);
  assert.equal(frames, (await summaryOf(site, full)).frames);
});

test("best views come from the right frames of the source", async () => {
  await using site = await openSmallSite();
  const models = [site.model, await storeColourModel(site)];
  const video = join(site.folder, "walk.mp4");
  await writeClip(video, { seconds: SECONDS });
  const viewsOf = async (options: ResultOptions, segmentSeconds: number): Promise<ViewRow[]> => {
    const execution = executionOptionsSchema.parse({ segmentSeconds });
    const job = await results(site, video, { models, options, execution });
    const [, ...lines] = (await artifact(site, job, "views.jsonl")).trimEnd().split("\n");
    return lines.map((line) => viewRowSchema.parse(JSON.parse(line)));
  };
  const options = sampled(7, { views: { perTrack: 2 } });
  const views = await viewsOf(options, 1);
  assert.deepEqual(views, await viewsOf(options, 0));
  assert.equal(new Set(views.map(({ trackId }) => trackId)).size, 3);
  for (const { frame, pts, label, embedding } of views) {
    assert.equal(frame % 7, 0);
    assert.equal(pts, frame * 512);
    // red, green and blue: a view of another frame would show the ground beside the block
    const vector = decodeFeature(embedding!);
    assert.equal(vector.indexOf(Math.max(...vector)), Number(label.slice("class ".length)));
    assert.ok(Math.max(...vector) > 0.9, `${label}: ${vector.join(" ")}`);
  }
});

test("two jobs are compared where both looked", async () => {
  await using site = await openSmallSite();
  const video = join(site.folder, "walk.mp4");
  await writeClip(video, { seconds: SECONDS });
  const sides: JobToCompare[] = [];
  for (const everyNth of [2, 3]) {
    const id = await results(site, video, { options: sampled(everyNth) });
    const { objects, jobs } = site.pipeline;
    sides.push({ objects, id, result: await jobs.result(id) });
  }
  const { agreement } = await compareJobs(sides[0]!, sides[1]!);
  const common = Math.ceil(FRAMES / 6);
  assert.deepEqual([agreement.frames, agreement.equalFrames, agreement.share], [common, common, 1]);
});
