import assert from "node:assert/strict";
import { test } from "node:test";
import { resultOptionsSchema } from "../api/options/job-options.ts";
import type { ModelRef } from "../api/models.ts";
import { resolvedOptionsSchema, resolveOptions } from "./resolved-options.ts";

const ref = (role: ModelRef["role"]): ModelRef => ({
  ...{ role, name: role, version: "1", sha256: "0".repeat(64) },
});
const resolve = (options: object, ...roles: ModelRef["role"][]) =>
  resolveOptions({
    options: resultOptionsSchema.parse(options),
    models: (["detector", ...roles] as const).map(ref),
  });
const looks = (options: object, ...roles: ModelRef["role"][]): string[] =>
  resolve(options, ...roles).models.map(({ looksAt }) => looksAt.join("+"));

test("what a job leaves out has a value in the plan", () => {
  const { models: _models, tracker, ...rest } = resolve({});
  assert.deepEqual(rest, { sampling: { everyNth: 1 }, variants: ["a"], fillGaps: 0 });
  assert.equal(tracker.algorithm, "bytetrack");
  const { tracker: moving } = resolve({ tracker: { algorithm: "botsort" } });
  assert.ok(moving.algorithm === "botsort" && moving.proximityThreshold === 0.5);
});

test("what a job says is in the plan, which is read as it was written", () => {
  const options = { everyNth: 3, enhance: { normalize: true }, views: {}, fillGaps: 5 };
  const resolved = resolve({ ...options, labels: ["car"], embedLabels: ["cat"] }, "embedder");
  assert.deepEqual(resolved.sampling, { everyNth: 3 });
  assert.deepEqual(resolved.variants, ["a", "b"]);
  assert.deepEqual(resolved.views, { perTrack: 3 });
  assert.deepEqual(
    resolved.models.map(({ labels }) => labels),
    [["car"], ["cat"]],
  );
  assert.deepEqual(resolvedOptionsSchema.parse(JSON.parse(JSON.stringify(resolved))), resolved);
});

test("a plan of a later version, which resolves more, is read", () => {
  const resolved = resolve({ tracker: { algorithm: "sort" } });
  const later = {
    ...{ ...resolved, sharpen: true, sampling: { everyNth: 1, from: 0 } },
    tracker: { ...resolved.tracker, patience: 3 },
    models: resolved.models.map((model) => ({ ...model, twice: false })),
  };
  assert.deepEqual(resolvedOptionsSchema.parse(later), resolved);
});

test("a model beside the detector looks at detections, or at views, or at both where the tracker needs it", () => {
  const views = { views: {} };
  const deepsort = { tracker: { algorithm: "deepsort" } };
  const both = ["embedder", "classifier"] as const;
  assert.deepEqual(looks({}, ...both), ["frames", "detections", "detections"]);
  assert.deepEqual(looks(views, ...both), ["frames", "views", "views"]);
  assert.deepEqual(looks({ ...views, ...deepsort }, ...both), [
    ...["frames", "detections+views", "views"],
  ]);
  assert.deepEqual(looks({ ...views, tracker: { recall: {} } }, "embedder"), [
    ...["frames", "detections+views"],
  ]);
  assert.deepEqual(looks(views, "classifier", "segmenter"), ["frames", "views", "frames"]);
});
