import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import {
  decodeFeature,
  executionOptionsSchema,
  resultHeaderSchema,
  resultOptionsSchema,
  type ViewRow,
  viewRowSchema,
} from "@framequeue/contracts";
import { writeClip } from "./clip.ts";
import { storeColourModel } from "./colour-model.ts";
import { openSmallSite, type SmallSite } from "./small-site.ts";

const OPTIONS = resultOptionsSchema.parse({ views: { perTrack: 2 } });

async function viewsOf(site: SmallSite, job: string): Promise<string> {
  const { artifacts } = (await site.pipeline.jobs.result(job))!;
  return (await site.pipeline.objects.get(artifacts["views.jsonl"]!.key)).toString();
}

test("the best views of each track are looked at in the source's own pixels, however the work was cut", async () => {
  const tasks: string[] = [];
  await using site = await openSmallSite({ onTask: ({ stage }) => tasks.push(stage) });
  const video = join(site.folder, "walk.mp4");
  await writeClip(video, { seconds: 3 });
  const models = [site.model, await storeColourModel(site)];
  const files: string[] = [];
  for (const cut of [{ segmentSeconds: 0 }, { segmentSeconds: 1, batchFrames: 5 }]) {
    const execution = executionOptionsSchema.parse(cut);
    const job = await site.submit(video, { models, options: OPTIONS, execution });
    const ended = await site.ended(job);
    assert.equal(ended.state, "succeeded", JSON.stringify(ended));
    files.push(await viewsOf(site, job));
  }
  assert.equal(files[0], files[1]);
  assert.equal(tasks.filter((stage) => stage === "cut").length, 2);
  assert.equal(tasks.filter((stage) => stage === "look").length, 2);

  const [header, ...lines] = files[0]!.trimEnd().split("\n");
  assert.equal(resultHeaderSchema.parse(JSON.parse(header!)).kind, "views");
  const rows = lines.map((line): ViewRow => viewRowSchema.parse(JSON.parse(line)));
  const byTrack = Map.groupBy(rows, ({ trackId }) => trackId);
  assert.equal(byTrack.size, 3);
  for (const views of byTrack.values()) {
    assert.equal(views.length, 2);
    const [first, second] = views as [ViewRow, ViewRow];
    assert.ok(second.frame - first.frame >= 25, "a second apart");
    for (const { classId, embedding } of views) {
      // red, green, blue: the class is the channel that the block shines in
      const vector = decodeFeature(embedding!);
      assert.equal(vector.indexOf(Math.max(...vector)), classId);
      assert.ok(vector[classId]! > 0.9, `${vector}`);
    }
  }
});

test("views without a model that looks at them are refused", async () => {
  await using site = await openSmallSite();
  const video = join(site.folder, "walk.mp4");
  await writeClip(video, { seconds: 1 });
  const { state, problem } = await site.ended(await site.submit(video, { options: OPTIONS }));
  assert.deepEqual(
    [state, problem?.code, problem?.at],
    ["failed", "invalid-request", "options.views"],
  );
});

test("a video without tracks has no views", async () => {
  await using site = await openSmallSite();
  const video = join(site.folder, "walk.mp4");
  await writeClip(video, { seconds: 1 });
  const models = [site.model, await storeColourModel(site)];
  const options = { ...OPTIONS, minScore: 1 };
  const job = await site.submit(video, { models, options });
  assert.equal((await site.ended(job)).state, "succeeded");
  assert.equal((await viewsOf(site, job)).trimEnd().split("\n").length, 1);
});

test("views whose frames do not decode once more are missed, and nothing else", async () => {
  await using site = await openSmallSite({ cutWith: "false" });
  const video = join(site.folder, "walk.mp4");
  await writeClip(video, { seconds: 2 });
  const models = [site.model, await storeColourModel(site)];
  for (const segmentSeconds of [0, 1]) {
    const execution = executionOptionsSchema.parse({ segmentSeconds });
    const job = await site.submit(video, { models, options: OPTIONS, execution });
    const { state, warnings } = await site.ended(job);
    assert.equal(state, "succeeded_with_warnings");
    const [, ...lines] = (await viewsOf(site, job)).trimEnd().split("\n");
    assert.deepEqual(warnings, [
      {
        code: "inference-error",
        detail: `${lines.length} views of tracks could not be looked at.`,
      },
    ]);
    assert.ok(lines.length >= 3);
    assert.ok(lines.every((line) => !line.includes("embedding")));
  }
});
