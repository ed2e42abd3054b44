import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import {
  type AcceptedJob,
  analyticsEventSchema,
  analyticsOptionsSchema,
  executionOptionsSchema,
  resultOptionsSchema,
  trackRowSchema,
} from "@framequeue/contracts";
import { storeColourModel } from "./colour-model.ts";
import { openSmallSite, type SmallSite } from "./small-site.ts";

/** A red block that walks for a second, is away for two, and is back elsewhere; a green one that stands all the time. */
async function writeAbsence(path: string): Promise<void> {
  const colour = (name: string, size: string): string[] => {
    return ["-f", "lavfi", "-i", `color=c=${name}:s=${size}:r=25:d=4`];
  };
  await promisify(execFile)("ffmpeg", [
    ...["-v", "error", "-y", ...colour("0x101010", "640x360")],
    ...[...colour("0xff0000", "40x40"), ...colour("0x00ff00", "48x48")],
    "-filter_complex",
    "[0][1]overlay=x=40+60*t:y='if(lt(t,1),30,250)':enable='lt(t,1)+gte(t,3)'[a];" +
      "[a][2]overlay=x=400:y=150,format=yuv420p[v]",
    ...["-map", "[v]", "-c:v", "libx264", "-preset", "veryfast", "-g", "25", path],
  ]);
}

/** The text of `tracks.jsonl` after its header. */
async function tracksOf(
  site: SmallSite,
  video: string,
  models: AcceptedJob["models"],
  tracker: object,
  cut = {},
): Promise<string> {
  const options = resultOptionsSchema.parse({ tracker });
  const execution = executionOptionsSchema.parse(cut);
  const job = await site.submit(video, { models, options, execution });
  const ended = await site.ended(job);
  assert.equal(ended.state, "succeeded", JSON.stringify(ended));
  const { artifacts } = (await site.pipeline.jobs.result(job))!;
  const text = (await site.pipeline.objects.get(artifacts["tracks.jsonl"]!.key)).toString();
  return text.slice(text.indexOf("\n") + 1);
}

/** The frames of every track, by its label and in the order of their ids. */
function framesOf(tracks: string): { readonly label: string; readonly frames: number[] }[] {
  return tracks
    .trimEnd()
    .split("\n")
    .map((line) => trackRowSchema.parse(JSON.parse(line)))
    .map(({ label, path }) => ({ label, frames: path.map(([frame]) => frame) }));
}

test("recall gives what comes back its former id, however the job was cut", async () => {
  await using site = await openSmallSite();
  const models = [site.model, await storeColourModel(site)];
  const video = join(site.folder, "absence.mp4");
  await writeAbsence(video);
  const tracker = { algorithm: "bytetrack", trackBuffer: 10 };
  const reds = (tracks: string) => framesOf(tracks).filter(({ label }) => label === "class 0");
  const recalling = { ...tracker, recall: {} };
  const whole = await tracksOf(site, video, models, recalling, { segmentSeconds: 0 });
  const pieces = { segmentSeconds: 1, batchFrames: 7 };
  assert.equal(await tracksOf(site, video, models, recalling, pieces), whole);
  const [red, ...others] = reds(whole);
  assert.equal(others.length, 0);
  assert.ok(red!.frames.includes(10) && !red!.frames.includes(50) && red!.frames.includes(90));
  assert.equal(reds(await tracksOf(site, video, models, tracker)).length, 2);
});

test("recall without a model for looks is refused", async () => {
  await using site = await openSmallSite();
  const video = join(site.folder, "absence.mp4");
  await writeAbsence(video);
  const options = resultOptionsSchema.parse({ tracker: { recall: {} } });
  const { state, problem } = await site.ended(await site.submit(video, { options }));
  assert.deepEqual([state, problem?.code, problem?.at], ["failed", "invalid-request", "embedder"]);
});

test("what stands still is hidden in a job that says so, however it was cut", async () => {
  await using site = await openSmallSite();
  const video = join(site.folder, "absence.mp4");
  await writeAbsence(video);
  const tracker = { hideStillFrames: 25 };
  const whole = await tracksOf(site, video, [site.model], tracker, { segmentSeconds: 0 });
  const pieces = { segmentSeconds: 1, batchFrames: 7 };
  assert.equal(await tracksOf(site, video, [site.model], tracker, pieces), whole);
  const greenOf = (tracks: string) => framesOf(tracks).find(({ label }) => label === "class 1")!;
  assert.ok(greenOf(whole).frames.at(-1)! < 30);
  const shown = await tracksOf(site, video, [site.model], {});
  assert.equal(greenOf(shown).frames.at(-1), 99);
});

test("events tell when a track starts, is lost, found and ends, however the job was cut", async () => {
  await using site = await openSmallSite();
  const video = join(site.folder, "absence.mp4");
  await writeAbsence(video);
  const models = [site.model, await storeColourModel(site)];
  const options = resultOptionsSchema.parse({
    tracker: { algorithm: "bytetrack", trackBuffer: 10, recall: {} },
  });
  const analytics = analyticsOptionsSchema.parse({ trackEvents: true, labels: ["class 0"] });
  const files: string[] = [];
  for (const cut of [{ segmentSeconds: 0 }, { segmentSeconds: 1, batchFrames: 7 }]) {
    const execution = executionOptionsSchema.parse(cut);
    const job = await site.submit(video, { models, options, execution, analytics });
    assert.equal((await site.ended(job)).state, "succeeded");
    const { artifacts } = (await site.pipeline.jobs.result(job))!;
    files.push((await site.pipeline.objects.get(artifacts["events.jsonl"]!.key)).toString());
  }
  assert.equal(files[1], files[0]);
  const [, ...lines] = files[0]!.trimEnd().split("\n");
  const events = lines.map((line) => analyticsEventSchema.parse(JSON.parse(line)));
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ["start", "lost", "found", "end"],
  );
  assert.deepEqual(new Set(events.map(({ trackId }) => trackId)).size, 1);
  const [started, lost, found, ended] = events;
  assert.deepEqual([started!.frame, lost!.frame, ended!.frame], [0, 25, 99]);
  // a tracker may want to see it twice before it is sure
  assert.ok(found!.frame >= 75 && found!.frame <= 77, `${found!.frame}`);
  const ticks = started!.pts + (ended!.pts - started!.pts) * (25 / 99);
  assert.equal(lost!.pts, ticks);
  assert.ok(found!.kind === "found" && Math.abs(found!.awaySeconds - 2) <= 0.08);
  assert.ok(ended!.kind === "end" && ended!.lifeSeconds === 3.96);
});
