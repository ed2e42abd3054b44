import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import {
  type AcceptedJob,
  executionOptionsSchema,
  type FrameRow,
  frameRowSchema,
  type JobId,
  type ModelRef,
  resultOptionsSchema,
  type TrackRow,
  trackRowSchema,
  viewRowSchema,
} from "@framequeue/contracts";
import { maskArea, runsFromText } from "@framequeue/vision";
import { writeClip } from "./clip.ts";
import { storeColourClassifier, storeColourModel, storeColourSegmenter } from "./colour-model.ts";
import { openSmallSite, type SmallSite } from "./small-site.ts";

const CUTS = [{ segmentSeconds: 0 }, { segmentSeconds: 1, batchFrames: 5 }];

async function artifactOf(site: SmallSite, job: JobId, name: string): Promise<string> {
  const { artifacts } = (await site.pipeline.jobs.result(job))!;
  return (await site.pipeline.objects.get(artifacts[name]!.key)).toString();
}

/** Runs the job however its work may be cut: all must be the same. Answers the files. */
async function run(
  site: SmallSite,
  names: readonly string[],
  more: Partial<AcceptedJob>,
): Promise<string[]> {
  const video = join(site.folder, "walk.mp4");
  await writeClip(video, { seconds: 2 });
  const found: string[][] = [];
  for (const cut of CUTS) {
    const execution = executionOptionsSchema.parse(cut);
    const job = await site.submit(video, { ...more, execution });
    const ended = await site.ended(job);
    assert.equal(ended.state, "succeeded", JSON.stringify(ended));
    found.push(await Promise.all(names.map((name) => artifactOf(site, job, name))));
  }
  assert.deepEqual(found[0], found[1]);
  return found[0]!;
}

function framesOf(text: string): FrameRow[] {
  const [, ...lines] = text.trimEnd().split("\n");
  return lines.map((line) => frameRowSchema.parse(JSON.parse(line)));
}

function tracksOf(text: string): TrackRow[] {
  const [, ...lines] = text.trimEnd().split("\n");
  return lines.map((line) => trackRowSchema.parse(JSON.parse(line)));
}

test("what the detector finds is classified, embedded and segmented in one job", async () => {
  await using site = await openSmallSite();
  const models = [
    site.model,
    await storeColourClassifier(site),
    await storeColourSegmenter(site),
    await storeColourModel(site),
  ];
  const options = resultOptionsSchema.parse({
    tracker: { algorithm: "deepsort", minHits: 1 },
    classifyLabels: ["class 0", "class 1"],
  });
  const [frames = "", tracks = ""] = await run(site, ["frames.jsonl", "tracks.jsonl"], {
    models,
    options,
    render: true,
  });
  const rows = framesOf(frames);
  const detections = rows.flatMap((row) => row.detections);
  assert.ok(detections.length > 100);
  for (const { classId, attributes } of detections) {
    // the class of a block is the channel that it shines in, and blue ones are not asked for
    const best = attributes?.map(({ label }) => label)[0];
    assert.equal(best, ["red", "green", undefined][classId]);
  }
  for (const { areas } of rows) {
    assert.deepEqual(
      areas!.map(({ label }) => label),
      ["red", "green", "blue"],
    );
    for (const { mask } of areas!) {
      assert.deepEqual(mask.size, [360, 640]);
      // blocks of 40 to 48 pixels, seen in cells of 10 by 5.6
      const area = maskArea(runsFromText(mask.counts));
      assert.ok(area > 1_000 && area < 4_000, `${area}`);
    }
  }
  for (const { classId, attributes } of tracksOf(tracks)) {
    assert.equal(attributes?.[0]?.label, ["red", "green", undefined][classId]);
  }
});

test("a classifier may look at the best views of tracks alone", async () => {
  await using site = await openSmallSite();
  const models = [site.model, await storeColourClassifier(site)];
  const options = resultOptionsSchema.parse({ views: { perTrack: 1 } });
  const names = ["frames.jsonl", "tracks.jsonl", "views.jsonl"];
  const [frames = "", tracks = "", views = ""] = await run(site, names, { models, options });
  assert.ok(framesOf(frames).every((row) => row.detections.every((each) => !each.attributes)));
  const colours = tracksOf(tracks).map(({ attributes }) => attributes![0]!.label);
  assert.deepEqual(colours.sort(), ["blue", "green", "red"]);
  const [, ...lines] = views.trimEnd().split("\n");
  for (const line of lines) {
    const { classId, attributes, embedding } = viewRowSchema.parse(JSON.parse(line));
    assert.equal(attributes![0]!.classId, classId);
    assert.equal(embedding, undefined);
  }
});

test("a classifier alone labels whole frames, a segmenter alone divides them", async () => {
  await using site = await openSmallSite();
  const labelled = await run(site, ["frames.jsonl", "tracks.jsonl"], {
    models: [await storeColourClassifier(site)],
    render: true,
  });
  const rows = framesOf(labelled[0]!);
  assert.equal(rows.length, 50);
  for (const { detections, labels } of rows) {
    assert.deepEqual(detections, []);
    assert.equal(labels!.length, 2);
    assert.ok(labels![0]!.score >= labels![1]!.score);
  }
  assert.deepEqual(tracksOf(labelled[1]!), []);

  const divided = await run(site, ["frames.jsonl"], {
    models: [await storeColourSegmenter(site)],
    options: resultOptionsSchema.parse({ labels: ["blue"] }),
    render: true,
  });
  for (const { areas } of framesOf(divided[0]!)) {
    assert.deepEqual(
      areas!.map(({ label }) => label),
      ["blue"],
    );
  }
});

test("models and options that do not go together are refused by the field", async () => {
  await using site = await openSmallSite();
  const video = join(site.folder, "walk.mp4");
  await writeClip(video, { seconds: 1 });
  const classifier = await storeColourClassifier(site);
  const embedder = await storeColourModel(site);
  const rows: [ModelRef[], object, string][] = [
    [[classifier, embedder], {}, "embedder"],
    [[site.model], { classifyLabels: ["class 0"] }, "options.classifyLabels"],
    [[site.model], { embedLabels: ["class 0"] }, "options.embedLabels"],
    [[site.model], { views: {} }, "options.views"],
    [[site.model, classifier], { classifyLabels: ["tree"] }, "options.classifyLabels"],
    [[site.model, embedder], { embedLabels: ["tree"] }, "options.embedLabels"],
    [[site.model], { labels: ["tree"] }, "options.labels"],
  ];
  for (const [models, options, at] of rows) {
    const job = await site.submit(video, { models, options: resultOptionsSchema.parse(options) });
    const { state, problem } = await site.ended(job);
    assert.deepEqual([state, problem?.code, problem?.at], ["failed", "invalid-request", at]);
  }
});
