import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import {
  executionOptionsSchema,
  resultHeaderSchema,
  resultOptionsSchema,
} from "@framequeue/contracts";
import { writeClip } from "./clip.ts";
import { storeColourModel } from "./colour-model.ts";
import { openSmallSite } from "./small-site.ts";

test("a job with a model for looks tracks by them, and gives the same however it was cut", async () => {
  await using site = await openSmallSite();
  const embedder = await storeColourModel(site);
  assert.equal(embedder.role, "embedder");
  const video = join(site.folder, "walk.mp4");
  await writeClip(video, { seconds: 2 });
  const models = [site.model, embedder];
  // one track may change its class: only looks tell the three colours apart
  const options = resultOptionsSchema.parse({
    tracker: { algorithm: "deepsort", perClass: false, minHits: 1 },
  });
  const files: string[] = [];
  for (const cut of [{ segmentSeconds: 0 }, { segmentSeconds: 1, batchFrames: 5 }]) {
    const execution = executionOptionsSchema.parse(cut);
    const job = await site.submit(video, { models, options, execution });
    const ended = await site.ended(job);
    assert.equal(ended.state, "succeeded", JSON.stringify(ended));
    const { artifacts } = (await site.pipeline.jobs.result(job))!;
    files.push((await site.pipeline.objects.get(artifacts["tracks.jsonl"]!.key)).toString());
  }
  assert.equal(files[0], files[1]);
  const [header, ...tracks] = files[0]!.trimEnd().split("\n");
  assert.deepEqual(resultHeaderSchema.parse(JSON.parse(header!)).models, models);
  // red, green and blue, each from the first frame to the last
  assert.equal(tracks.length, 3);
});

test("a tracker that goes by looks without a model for them is refused", async () => {
  await using site = await openSmallSite();
  const video = join(site.folder, "walk.mp4");
  await writeClip(video, { seconds: 1 });
  const options = resultOptionsSchema.parse({ tracker: { algorithm: "deepsort" } });
  const { state, problem } = await site.ended(await site.submit(video, { options }));
  assert.deepEqual([state, problem?.code, problem?.at], ["failed", "invalid-request", "embedder"]);
});
