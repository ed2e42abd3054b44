import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import {
  executionOptionsSchema,
  type MessageStage,
  ProblemError,
  resultOptionsSchema,
} from "@framequeue/contracts";
import type { ObjectStore } from "@framequeue/storage";
import { writeClip } from "./clip.ts";
import { storeColourModel } from "./colour-model.ts";
import { openSmallSite } from "./small-site.ts";

/** What each step writes last, and how often there is no room for it: where the ledger counts, more often than it does. */
const STEPS: readonly [stage: MessageStage, key: RegExp, refusals: number][] = [
  ["ingest", /\/plan\.json$/, 1],
  ["decode", /\/timeline\//, 4],
  ["infer", /\/infer\//, 4],
  ["track", /\/part\//, 1],
  ["cut", /\/cut\//, 1],
  ["look", /\/look\//, 4],
  ["index", /\/index\//, 1],
  ["render", /\/annotated\.mp4$/, 1],
  ["finalize", /\/result\.1\.json$/, 1],
];

/** A store that is full for whoever comes first. */
function fullAtFirst(store: ObjectStore): ObjectStore {
  const left = new Map(STEPS.map(([stage, , refusals]) => [stage, refusals]));
  const enter = (key: string): void => {
    const stage = STEPS.find(([, pattern]) => pattern.test(key))?.[0];
    if (stage === undefined || left.get(stage) === 0) return;
    left.set(stage, left.get(stage)! - 1);
    throw new ProblemError("store-full", "The object store is full.");
  };
  return {
    ...store,
    async put(key, ...rest) {
      enter(key);
      return store.put(key, ...rest);
    },
    async putFile(key, path) {
      enter(key);
      return store.putFile(key, path);
    },
  };
}

test("whichever step finds the store full waits, and the result is the one of a store with room", async () => {
  const tasks = new Map<string, string[]>();
  await using calm = await openSmallSite();
  await using full = await openSmallSite({
    store: fullAtFirst,
    onTask: ({ stage, outcome }) => tasks.set(stage, [...(tasks.get(stage) ?? []), outcome]),
  });
  const video = join(calm.folder, "walk.mp4");
  await writeClip(video, { seconds: 2 });
  const results: unknown[] = [];
  for (const site of [calm, full]) {
    const job = await site.submit(video, {
      models: [site.model, await storeColourModel(site)],
      options: resultOptionsSchema.parse({ views: { perTrack: 1 } }),
      execution: executionOptionsSchema.parse({ segmentSeconds: 0, batchFrames: 50 }),
      render: true,
    });
    const { state, warnings, problem } = await site.ended(job);
    assert.deepEqual([state, warnings, problem], ["succeeded", [], undefined]);
    const { artifacts } = (await site.pipeline.jobs.result(job))!;
    results.push(
      ["frames.jsonl", "tracks.jsonl", "mot.txt", "views.jsonl", "annotated.mp4"].map(
        (name) => artifacts[name]!.sha256,
      ),
    );
  }
  assert.deepEqual(results[1], results[0]);
  for (const [stage, , refusals] of STEPS) {
    const outcomes = tasks.get(stage) ?? [];
    assert.equal(outcomes.filter((each) => each === "waits").length, refusals, stage);
    assert.deepEqual(
      outcomes.filter((each) => each === "retry" || each === "failed"),
      [],
      stage,
    );
  }
});
