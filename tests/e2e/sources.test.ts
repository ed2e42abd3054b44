import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { appendFile, chmod, copyFile, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { executionOptionsSchema, type JobId, resultOptionsSchema } from "@framequeue/contracts";
import { countFrames, writeClip } from "./clip.ts";
import { rowsOf, seenRows, summaryOf, tracksOf } from "./small-results.ts";
import { openSmallSite, type SmallSite, writeSmallVideo } from "./small-site.ts";

const run = promisify(execFile);
const PACKET = 188;

async function hashes(site: SmallSite, job: JobId): Promise<(string | undefined)[]> {
  const { artifacts } = (await site.pipeline.jobs.result(job))!;
  return ["frames.jsonl", "tracks.jsonl", "mot.txt"].map((name) => artifacts[name]?.sha256);
}

async function remux(source: string, target: string, ...options: string[]): Promise<string> {
  await run("ffmpeg", ["-v", "error", "-y", "-i", source, "-an", "-c", "copy", ...options, target]);
  return target;
}

/** Leaves out every n-th run of five packets of a transport stream. */
async function dropPackets(source: string, target: string, nth: number): Promise<string> {
  const bytes = await readFile(source);
  const runs = Array.from({ length: Math.ceil(bytes.length / PACKET / 5) }, (_, i) =>
    bytes.subarray(i * 5 * PACKET, (i + 1) * 5 * PACKET),
  );
  await writeFile(target, Buffer.concat(runs.filter((_, i) => i < nth || i % nth !== 0)));
  return target;
}

/** Damages bytes here and there between the first eighth and the last tenth. */
async function flipBytes(source: string, target: string): Promise<string> {
  const bytes = await readFile(source);
  for (let at = bytes.length >> 3; at < bytes.length * 0.9; at += 701) bytes[at]! ^= 0x5a;
  await writeFile(target, bytes);
  return target;
}

test("a damaged source gives the same bytes with one decoder thread and with several", async () => {
  await using alone = await openSmallSite({ decoders: 1, decoderThreads: 1 });
  await using among = await openSmallSite({ decoders: 2, decoderThreads: 3 });
  const at = (name: string): string => join(alone.folder, name);
  const clip = at("walk.mp4");
  await writeClip(clip, { seconds: 6 });
  const stream = await remux(clip, at("walk.ts"));
  const sources = [
    await dropPackets(stream, at("dropped.ts"), 7),
    await flipBytes(await remux(clip, at("mute.mp4")), at("flipped.mp4")),
    await flipBytes(await remux(clip, at("walk.mkv")), at("flipped.mkv")),
  ];
  for (const source of sources) {
    const found: unknown[] = [];
    for (const site of [alone, among]) {
      for (const segmentSeconds of [0, 1]) {
        const execution = executionOptionsSchema.parse({ segmentSeconds, batchFrames: 4 });
        const job = await site.submit(source, { execution });
        assert.equal((await site.ended(job)).state, "succeeded_with_warnings", source);
        found.push(await hashes(site, job));
      }
    }
    for (const each of found.slice(1)) assert.deepEqual(each, found[0], source);
  }
});

test("what was done before the damage is not done again", async () => {
  let tasks = 0;
  await using site = await openSmallSite({
    decoderThreads: 2,
    onTask: ({ stage, outcome }) => {
      if (stage === "infer" && outcome === "done") tasks++;
    },
  });
  const at = (name: string): string => join(site.folder, name);
  await writeSmallVideo(at("small.mp4"), 20);
  const stream = await readFile(await remux(at("small.mp4"), at("small.ts")));
  // Behind the middle: ffmpeg looks at both ends of a file when it opens it.
  const [from, to] = [0.6, 0.65].map(
    (part) => Math.floor((stream.length * part) / PACKET) * PACKET,
  );
  await writeFile(at("part.ts"), stream.subarray(from, to));
  const part = await readFile(await dropPackets(at("part.ts"), at("dropped.ts"), 4));
  const pieces = [stream.subarray(0, from), part, stream.subarray(to)];
  await writeFile(at("late.ts"), Buffer.concat(pieces));
  const execution = executionOptionsSchema.parse({ batchFrames: 4, window: 2 });
  const job = await site.submit(at("late.ts"), { execution });
  assert.equal((await site.ended(job)).state, "succeeded_with_warnings");
  const { frames } = await summaryOf(site, job);
  assert.ok(frames > 470 && tasks >= frames / 4, `${frames} frames, ${tasks} tasks`);
  assert.ok(tasks < (frames / 4) * 1.2, `${frames} frames, ${tasks} tasks`);
});

test("pictures that do not decode are a gap where they are missing", async () => {
  await using site = await openSmallSite();
  const at = (name: string): string => join(site.folder, name);
  await writeClip(at("walk.mp4"), { seconds: 3 });
  const stream = await readFile(await remux(at("walk.mp4"), at("walk.ts")));
  const { stdout } = await run("ffprobe", [
    ...["-v", "error", "-select_streams", "v", "-show_entries", "packet=pos", "-of", "csv=p=0"],
    at("walk.ts"),
  ]);
  // It begins with the eleventh picture, in the middle of a group, of which nothing can be decoded.
  const cut = Math.floor(Number.parseInt(stdout.trim().split(/\s+/)[10]!, 10) / PACKET) * PACKET;
  const tables = stream.subarray(0, 3 * PACKET);
  await writeFile(at("late.ts"), Buffer.concat([tables, stream.subarray(cut)]));
  const whole = await site.submit(at("walk.ts"));
  await site.ended(whole);
  const job = await site.submit(at("late.ts"));
  assert.equal((await site.ended(job)).state, "succeeded_with_warnings");

  const [first, ...rows] = await rowsOf(site, job);
  assert.ok("gap" in first! && first.gap.from === 0, JSON.stringify(first));
  const lost = first.gap.to + 1;
  assert.ok(lost >= 10 && lost <= 15, `${lost} lost`);
  assert.equal(first.gap.reason, "decode-error");
  assert.deepEqual(
    rows.map((row) => ("gap" in row ? row : row.frame)),
    Array.from({ length: 50 }, (_, i) => lost + i),
  );
  const { frames, gaps } = await summaryOf(site, job);
  assert.deepEqual([frames, gaps], [50, [first.gap]]);
  const seen = await seenRows(site, whole);
  assert.deepEqual(
    rows.map((row) => ("gap" in row ? undefined : row.pts)),
    seen.slice(-50).map(({ pts }) => pts),
  );
  for (const track of await tracksOf(site, job)) assert.ok(track.first.frame >= lost);
});

test("a file that grows is analysed as it was", async () => {
  await using site = await openSmallSite({ decoders: 1 });
  const at = (name: string): string => join(site.folder, name);
  await writeSmallVideo(at("small.mp4"), 40);
  const stream = await remux(at("small.mp4"), at("small.ts"));
  const before = await site.submit(stream, { render: true });
  assert.equal((await site.ended(before)).state, "succeeded");

  const job = await site.submit(stream, { render: true });
  await site.until(job, ({ progress }) => progress.decoded > 0);
  await appendFile(stream, await readFile(stream));
  assert.equal((await site.ended(job)).state, "succeeded_with_warnings");
  assert.deepEqual(await hashes(site, job), await hashes(site, before));
  const { warnings } = await summaryOf(site, job);
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ["source-changed"],
  );
  assert.match(warnings[0]!.detail, /grew from \d+ to \d+ bytes/);
  const result = (await site.pipeline.jobs.result(job))!;
  await using video = await site.pipeline.objects.localCopy(result.artifacts["annotated.mp4"]!.key);
  assert.equal((await countFrames(video.path)).frames, 1000);
});

test("a file that is replaced while it is analysed fails the job", async () => {
  await using site = await openSmallSite({ decoders: 1 });
  const at = (name: string): string => join(site.folder, name);
  await writeSmallVideo(at("one.mp4"), 40);
  for (const how of ["rename", "overwrite"]) {
    await copyFile(at("one.mp4"), at("video.mp4"));
    const job = await site.submit(at("video.mp4"));
    await site.until(job, ({ progress }) => progress.decoded > 0);
    await writeSmallVideo(at("other.mp4"), 30);
    if (how === "rename") await rename(at("other.mp4"), at("video.mp4"));
    else await copyFile(at("other.mp4"), at("video.mp4"));
    const view = await site.ended(job);
    assert.deepEqual([how, view.state, view.problem?.code], [how, "failed", "source-changed"]);
    assert.match(view.problem!.detail, /Send the job again/);
  }
});

test("where every decoder dies before the first picture, the job fails", async () => {
  await using site = await openSmallSite();
  const decoder = join(site.folder, "dies");
  await writeFile(decoder, "#!/bin/sh\nkill -9 $$\n");
  await chmod(decoder, 0o755);
  await using dying = await openSmallSite({ decodeWith: decoder });
  const video = join(site.folder, "small.mp4");
  await writeSmallVideo(video, 4);
  for (const segmentSeconds of [0, 1]) {
    const execution = executionOptionsSchema.parse({ segmentSeconds });
    const job = await dying.submit(video, { execution });
    const view = await dying.ended(job);
    assert.deepEqual([view.state, view.problem?.code], ["failed", "source-damaged"]);
    assert.match(view.problem!.detail, /died again and again before the first picture/);
  }
});

test("boxes are in pixels as they are shown, and every n-th frame keeps its time over a jump", async () => {
  await using site = await openSmallSite();
  const at = (name: string): string => join(site.folder, name);
  await writeClip(at("walk.mp4"), { seconds: 3 });
  await run("ffmpeg", [
    ...["-v", "error", "-y", "-i", at("walk.mp4"), "-an", "-vf", "scale=320:360,setsar=2/1"],
    ...["-c:v", "libx264", "-crf", "10", at("flat.mp4")],
  ]);
  const [plain, flat] = [await site.submit(at("walk.mp4")), await site.submit(at("flat.mp4"))];
  for (const job of [plain, flat]) assert.equal((await site.ended(job)).state, "succeeded");
  const [expected, found] = [await seenRows(site, plain), await seenRows(site, flat)];
  for (const [frame, row] of found.entries()) {
    const other = expected[frame]!;
    assert.equal(row.detections.length, other.detections.length);
    for (const { classId, box } of row.detections) {
      const twin = other.detections.find((each) => each.classId === classId)!;
      for (const [i, value] of box.entries()) assert.ok(Math.abs(value - twin.box[i]!) < 5);
    }
  }

  const early = await readFile(await remux(at("walk.mp4"), at("early.ts")));
  const late = await readFile(
    await remux(at("walk.mp4"), at("late.ts"), "-output_ts_offset", "100"),
  );
  await writeFile(at("jump.ts"), Buffer.concat([early, late]));
  const jobs: JobId[] = [];
  for (const everyNth of [1, 7]) {
    const options = resultOptionsSchema.parse({ everyNth });
    const job = await site.submit(at("jump.ts"), { options, render: true });
    assert.equal((await site.ended(job)).state, "succeeded");
    jobs.push(job);
  }
  const [full, sampled] = [await seenRows(site, jobs[0]!), await seenRows(site, jobs[1]!)];
  assert.equal(full.length, 150);
  assert.deepEqual(
    sampled.map(({ frame, pts }) => [frame, pts]),
    full.filter(({ frame }) => frame % 7 === 0).map(({ frame, pts }) => [frame, pts]),
  );
  for (const job of jobs) {
    const result = (await site.pipeline.jobs.result(job))!;
    const { key } = result.artifacts["annotated.mp4"]!;
    await using video = await site.pipeline.objects.localCopy(key);
    const { stdout } = await run("ffprobe", [
      ...["-v", "error", "-select_streams", "v", "-show_entries", "frame=pts_time"],
      ...["-of", "csv=p=0", video.path],
    ]);
    const times = stdout.trim().split(/[\s,]+/).map(Number); // prettier-ignore
    for (const [frame, { pts }] of full.entries()) {
      assert.ok(Math.abs(times[frame]! - (pts - full[0]!.pts) / 90_000) < 1e-3, `frame ${frame}`);
    }
  }
});
