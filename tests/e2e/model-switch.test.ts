import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Comparison,
  type JobId,
  type JobView,
  jobViewSchema,
  type ModelRef,
  newJobId,
} from "@framequeue/contracts";
import { testDetector } from "@framequeue/graphs";
import { CPU, loadModelPackage } from "@framequeue/models";
import { readAliases, storeModel } from "@framequeue/pipeline";
import { postJson, startSmallApi } from "./small-api.ts";
import { openSmallSite, type SmallSite, writeSmallVideo } from "./small-site.ts";

const engine = { provider: "cpu", devices: [CPU], numericClass: "cpu-test", findings: [] } as const;
const NAME = "blocks";
/** Three files with the same contract and other bytes. */
const VERSIONS = { "1": 1, "2": 2, "3": "dynamic" } as const;

/** The small site with three versions of a model and its API; `stable` is version 1. */
async function openScene() {
  await using resources = new AsyncDisposableStack();
  const site = resources.use(await openSmallSite({ engine }));
  const { pipeline, folder } = site;
  const models: ModelRef[] = [];
  for (const [version, batch] of Object.entries(VERSIONS)) {
    const file = join(folder, `${NAME}-${version}.onnx`);
    await writeFile(file, testDetector({ width: 160, height: 96, batch }));
    const { manifest, ref, ...more } = await loadModelPackage(file);
    const named = { name: NAME, version };
    const model = { ...more, manifest: { ...manifest, ...named }, ref: { ...ref, ...named } };
    models.push(await storeModel(pipeline.objects, model));
  }
  const url = await startSmallApi(site, NAME, resources);
  const post = (path: string, body?: object): Promise<unknown> => postJson(url, path, body);
  const video = join(folder, "video.mp4");
  await writeSmallVideo(video, 2);
  await post(`models/${NAME}/aliases/stable`, { version: "1" });
  const held = resources.move();
  return {
    site,
    url,
    post,
    /** Moves `stable`; answers when new jobs get that version. */
    move: (version: string) => post(`models/${NAME}/aliases/stable`, { version }),
    async submit(count: number): Promise<JobView[]> {
      const views: JobView[] = [];
      for (let i = 0; i < count; i++) {
        const job = { source: { path: video }, render: false };
        views.push(jobViewSchema.parse(await post("jobs", job)));
      }
      return views;
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Looks again and again whether infer has what is stable loaded, until it is told to stop; answers how often it had. */
function watchStable({ pipeline }: SmallSite) {
  const { objects, roster } = pipeline;
  const stop = new AbortController();
  const looks = { ready: 0, missing: 0 };
  const loop = (async () => {
    while (!stop.signal.aborted) {
      const before = await readAliases(objects, NAME);
      const processes = await roster.attendants();
      const after = await readAliases(objects, NAME);
      // what moved in between tells nothing
      if (before?.revision === after?.revision) {
        const stable = before!.stable;
        const has = processes.every(({ models }) => models[stable]?.state === "ready");
        looks[has && processes.length > 0 ? "ready" : "missing"]++;
      }
      await sleep(5);
    }
  })();
  return async () => {
    stop.abort();
    await loop;
    return looks;
  };
}

async function headerVersions({ pipeline }: SmallSite, job: JobId): Promise<string[]> {
  const result = await pipeline.jobs.result(job);
  const text = (await pipeline.objects.get(result!.artifacts["frames.jsonl"]!.key)).toString();
  const header = JSON.parse(text.slice(0, text.indexOf("\n"))) as { models: ModelRef[] };
  return header.models.map(({ version, sha256 }) => `${version} ${sha256}`);
}

test("20 jobs run while stable moves twice and is rolled back: none fails, none waits, each has one version", async (t) => {
  await using scene = await openScene();
  const { site } = scene;
  const watched = watchStable(site);
  const first = await scene.submit(6);
  await scene.move("2");
  const second = await scene.submit(5);
  await scene.move("3");
  const third = await scene.submit(5);
  await scene.post(`models/${NAME}/rollback`);
  const last = await scene.submit(4);
  const running = await Promise.all(first.map(({ id }) => site.view(id)));
  t.diagnostic(
    `at the rollback the first jobs were ${running.map(({ state }) => state).join(" ")}`,
  );

  const all = [...first, ...second, ...third, ...last];
  const wanted = [6, 5, 5, 4].flatMap((count, i) => Array(count).fill(["1", "2", "3", "2"][i]));
  assert.deepEqual(
    all.map(({ models }) => models[0]!.version),
    wanted,
  );
  for (const { id, models } of all) {
    const ended = await site.ended(id);
    assert.equal(ended.state, "succeeded", JSON.stringify(ended));
    assert.deepEqual(await headerVersions(site, id), [
      `${models[0]!.version} ${models[0]!.sha256}`,
    ]);
  }
  const looks = await watched();
  t.diagnostic(`stable was loaded at ${looks.ready} of ${looks.ready + looks.missing} looks`);
  assert.ok(looks.ready > 0);
  assert.equal(looks.missing, 0);

  const stable = (await readAliases(site.pipeline.objects, NAME))!.stable;
  for (;;) {
    const [process] = await site.pipeline.roster.attendants();
    const loaded = Object.keys(process?.models ?? {});
    if (loaded.length === 1 && loaded[0] === stable) break;
    await sleep(20);
  }
});

test("two versions on the same footage can be held against each other", async () => {
  await using scene = await openScene();
  const { site, url } = scene;
  const [first] = await scene.submit(1);
  await scene.move("2");
  const [second] = await scene.submit(1);
  const compare = async (other: string): Promise<Response> =>
    fetch(`${url}/v1/jobs/${first!.id}/compare/${other}`);
  assert.equal((await compare(second!.id)).status, 409, "not before both have ended");
  for (const { id } of [first!, second!]) await site.ended(id);
  const comparison = (await (await compare(second!.id)).json()) as Comparison;
  assert.deepEqual(
    [comparison.first, comparison.second].map(({ models }) => models[0]!.version),
    ["1", "2"],
  );
  const { agreement } = comparison;
  assert.equal(agreement.frames, 50);
  assert.ok(agreement.first > 0, "the test picture has coloured blocks");
  // one contract, three files: they see the same
  assert.deepEqual([agreement.share, agreement.equalFrames], [1, 50]);
  assert.equal((await compare(newJobId())).status, 404);
});

test("a version that cannot be loaded does not become stable, and jobs go on", async () => {
  await using scene = await openScene();
  const { site, url } = scene;
  const { objects } = site.pipeline;
  const sha256 = "f".repeat(64);
  await objects.put(`models/${sha256}/model.onnx`, "no graph");
  const manifest = (await objects.get(`models/${site.model.sha256}/manifest.json`)).toString();
  const broken = { ...(JSON.parse(manifest) as object), name: NAME, version: "9", sha256 };
  await objects.put(`models/${sha256}/manifest.json`, JSON.stringify(broken));
  const response = await fetch(`${url}/v1/models/${NAME}/aliases/stable`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ version: "9" }),
  });
  assert.equal(response.status, 422);
  assert.equal(((await response.json()) as { code: string }).code, "model-invalid");
  const [job] = await scene.submit(1);
  assert.equal(job!.models[0]!.version, "1");
  assert.equal((await site.ended(job!.id)).state, "succeeded");
});
