import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { analyticsOptionsSchema, type JobId } from "@framequeue/contracts";
import { writeClip } from "./clip.ts";
import { startSmallApi } from "./small-api.ts";
import { openSmallSite } from "./small-site.ts";

test("other formats are made of what a job left when somebody asks, and go with it", async () => {
  await using site = await openSmallSite();
  await using resources = new AsyncDisposableStack();
  const api = await startSmallApi(site, site.model.name, resources);
  const { objects, jobs } = site.pipeline;
  const video = join(site.folder, "walk.mp4");
  await writeClip(video, { seconds: 2 });
  const analytics = analyticsOptionsSchema.parse({
    trackEvents: true,
    lines: [{ name: "middle", from: [0.5, 1], to: [0.5, 0] }],
  });
  const counted = await site.submit(video, { analytics });
  const plain = await site.submit(video);
  for (const job of [counted, plain]) await site.ended(job);
  const derived = (job: JobId) => Array.fromAsync(objects.list(`jobs/${job}/derived`));

  /** As a client that comes again when it is told to. */
  const get = async (path: string, job = counted, init: RequestInit = {}) => {
    for (;;) {
      const answer = await fetch(`${api}/v1/jobs/${job}/results/${path}`, init);
      const text = await answer.text();
      if (answer.status !== 202) return { answer, text, etag: answer.headers.get("etag") };
      assert.equal(answer.headers.get("retry-after"), "1");
      await sleep(100);
    }
  };

  const coco = await get("coco.json?minScore=0.5");
  assert.match(coco.answer.headers.get("content-type")!, /^application\/json/);
  const { images, annotations } = JSON.parse(coco.text);
  assert.equal(images.length, 50);
  const { text: frames } = await get("frames.jsonl");
  const detections = frames.match(/"score":(0\.[5-9]|1)/g)!.length;
  assert.equal(annotations.length, detections);
  // The same however the options are written, and whoever asks first; no second object.
  assert.equal((await get("coco.json?minScore=0.50&")).etag, coco.etag);
  assert.equal((await derived(counted)).length, 2);
  assert.notEqual((await get("coco.json?minScore=0.9999")).etag, coco.etag);
  // Range and condition, as for every result.
  const range = await get("coco.json?minScore=0.5", counted, { headers: { range: "bytes=0-9" } });
  assert.deepEqual([range.answer.status, range.text], [206, coco.text.slice(0, 10)]);

  const csv = await get("detections.csv", plain);
  assert.equal(csv.text.trim().split("\n").length - 1, detections);
  // Two jobs that saw the same give the same bytes.
  assert.equal((await get("detections.csv")).etag, csv.etag);
  assert.match((await get("tracks.vtt")).text, /^WEBVTT\n\n00:00:0\d\.\d{3} --> /);
  assert.match((await get("events.vtt")).text, /\nclass \d 1 appears\n/);

  const problem = async (path: string, job = plain) => {
    const { answer, text } = await get(path, job);
    const { code, detail } = JSON.parse(text) as { code: string; detail: string };
    return [answer.status, code, detail] as const;
  };
  const [, , needed] = await problem("events.vtt");
  assert.match(needed, /made of events\.jsonl/);
  assert.deepEqual((await problem("coco.json?minScore=2")).slice(0, 2), [400, "invalid-request"]);
  const [status, code, known] = await problem("boxes.xml");
  assert.deepEqual([status, code], [404, "not-found"]);
  assert.match(known, /frames\.jsonl.*on request: .*coco\.json/);

  // One that is lost or damaged is made again, to the same bytes.
  for (const key of await derived(plain)) await objects.put(key, "?");
  assert.equal((await get("detections.csv", plain)).etag, csv.etag);
  // Of a file that is not what the job wrote nothing is made.
  const { key } = (await jobs.result(plain))!.artifacts["frames.jsonl"]!;
  await objects.put(key, "?");
  assert.deepEqual((await problem("coco.json")).slice(0, 2), [409, "result-damaged"]);

  for (const job of [counted, plain]) {
    await fetch(`${api}/v1/jobs/${job}`, { method: "DELETE" });
    assert.deepEqual(await Array.fromAsync(objects.list(`jobs/${job}`)), []);
  }
});

test("what is asked for of a job that is deleted meanwhile leaves nothing", async () => {
  await using site = await openSmallSite();
  const { objects, jobs, derivations } = site.pipeline;
  const video = join(site.folder, "walk.mp4");
  await writeClip(video, { seconds: 1 });
  const job = await site.submit(video);
  await site.ended(job);
  await jobs.remove(job);
  const task = {
    v: 1,
    job,
    name: "a".repeat(64),
    kind: "format",
    format: "coco.json",
    options: {},
  } as const;
  // As by a worker that was killed before it looked once more.
  await objects.put(`jobs/${job}/derived/${task.name}/x/coco.json`, "{}");
  await derivations.ask(task);
  const left = () => Array.fromAsync(objects.list(`jobs/${job}`));
  while ((await left()).length > 0) await sleep(20);
  await derivations.keep(task, { key: "k", bytes: 1, sha256: "b" });
  assert.deepEqual(await left(), []);
});
