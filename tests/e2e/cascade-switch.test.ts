import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type JobView, jobViewSchema, resultHeaderSchema } from "@framequeue/contracts";
import { CPU } from "@framequeue/models";
import { writeClip } from "./clip.ts";
import { storeColourClassifier, storeColourModel, storeColourSegmenter } from "./colour-model.ts";
import { postJson, startSmallApi } from "./small-api.ts";
import { openSmallSite } from "./small-site.ts";

const engine = { provider: "cpu", devices: [CPU], numericClass: "cpu-test", findings: [] } as const;

const LOOKS = { tracker: { algorithm: "deepsort", perClass: false, minHits: 1 } };

/** Models beside the detector, by the field of a request that names them. */
const KINDS = [
  { place: "embedder", store: storeColourModel, options: LOOKS },
  { place: "classifier", store: storeColourClassifier, options: {} },
  { place: "segmenter", store: storeColourSegmenter, options: {} },
] as const;

for (const { place, store, options } of KINDS) {
  test(`an alias of the ${place} moves while jobs run: the new version is loaded first, the old one goes last`, async () => {
    await using resources = new AsyncDisposableStack();
    const site = resources.use(await openSmallSite({ engine }));
    const { roster, objects, jobs } = site.pipeline;
    const [one, two] = [await store(site, "1"), await store(site, "2")];
    const url = await startSmallApi(site, "blocks", resources);
    const post = (path: string, body?: object): Promise<unknown> => postJson(url, path, body);
    const video = join(site.folder, "walk.mp4");
    await writeClip(video, { seconds: 2 });
    const submit = async (count: number): Promise<JobView[]> => {
      const views: JobView[] = [];
      for (let i = 0; i < count; i++) {
        const job = { source: { path: video }, [place]: one.name, options, render: false };
        views.push(jobViewSchema.parse(await post("jobs", job)));
      }
      return views;
    };
    /** What the one infer process says of the two versions. */
    const states = async (): Promise<(string | undefined)[]> => {
      const [process] = await roster.attendants();
      return [one, two].map(({ sha256 }) => process?.models[sha256]?.state);
    };

    await post(`models/${one.name}/aliases/stable`, { version: "1" });
    assert.equal((await states())[0], "ready", "it is loaded before a job asks for it");
    const first = await submit(4);
    await post(`models/${one.name}/aliases/stable`, { version: "2" });
    assert.equal((await states())[1], "ready");
    const second = await submit(4);
    await post(`models/${one.name}/rollback`);
    assert.equal((await states())[0], "ready");
    const third = await submit(2);

    const all = [...first, ...second, ...third];
    const wanted = [one, one, one, one, two, two, two, two, one, one];
    const tracks = new Set<string>();
    for (const [i, { id }] of all.entries()) {
      const ended = await site.ended(id);
      assert.equal(ended.state, "succeeded", JSON.stringify(ended));
      const { artifacts } = (await jobs.result(id))!;
      const text = (await objects.get(artifacts["tracks.jsonl"]!.key)).toString();
      const [header, ...rows] = text.trimEnd().split("\n");
      const { models } = resultHeaderSchema.parse(JSON.parse(header!));
      assert.deepEqual(models[1], wanted[i], "the version that it got when it was accepted");
      tracks.add(rows.join("\n"));
    }
    assert.equal(tracks.size, 1, "both versions see the same colours");
    while ((await states()).join() !== "ready,") await sleep(20);
  });
}
