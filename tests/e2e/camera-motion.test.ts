import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { executionOptionsSchema, resultOptionsSchema, trackRowSchema } from "@framequeue/contracts";
import { writeShakyClip } from "./shaky-clip.ts";
import { openSmallSite, type SmallSite } from "./small-site.ts";

const FRAMES = 60;

async function tracksOf(
  site: SmallSite,
  video: string,
  tracker: object,
  cut = {},
  everyNth?: number,
): Promise<string> {
  const options = resultOptionsSchema.parse({ tracker, everyNth });
  const execution = executionOptionsSchema.parse(cut);
  const job = await site.submit(video, { options, execution });
  const ended = await site.ended(job);
  assert.equal(ended.state, "succeeded", JSON.stringify(ended));
  const { artifacts } = (await site.pipeline.jobs.result(job))!;
  const text = (await site.pipeline.objects.get(artifacts["tracks.jsonl"]!.key)).toString();
  return text.slice(text.indexOf("\n") + 1);
}

const rows = (text: string) =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => trackRowSchema.parse(JSON.parse(line)));

test("a tracker that follows the camera keeps what stands still, however the job was cut", async () => {
  await using site = await openSmallSite();
  const video = join(site.folder, "shaky.mp4");
  await writeShakyClip(video, FRAMES);
  const following = { algorithm: "botsort", cameraMotion: true };
  const whole = await tracksOf(site, video, following, { segmentSeconds: 0 });
  for (const cut of [
    { segmentSeconds: 0.8, batchFrames: 5 },
    { segmentSeconds: 0, batchFrames: 1 },
  ]) {
    assert.equal(await tracksOf(site, video, following, cut), whole);
  }
  const [only, ...others] = rows(whole);
  assert.deepEqual([only!.observed, others.length], [FRAMES, 0]);
  // whoever does not follow the camera sees it somewhere else every time
  const still = rows(await tracksOf(site, video, { algorithm: "botsort" }));
  assert.ok(still.length > 5, `${still.length} tracks`);
});

test("the camera is followed from one frame that is looked at to the next", async () => {
  await using site = await openSmallSite();
  const video = join(site.folder, "shaky.mp4");
  await writeShakyClip(video, FRAMES);
  const following = { algorithm: "botsort", cameraMotion: true };
  const whole = await tracksOf(site, video, following, { segmentSeconds: 0 }, 3);
  const pieces = { segmentSeconds: 0.8, batchFrames: 5 };
  assert.equal(await tracksOf(site, video, following, pieces, 3), whole);
  const [only, ...others] = rows(whole);
  assert.deepEqual([only!.observed, others.length], [FRAMES / 3, 0]);
});
