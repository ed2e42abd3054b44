import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { modelAliasesSchema, newJobId } from "@framequeue/contracts";
import { putAliases } from "@framequeue/pipeline";
import { createFolderStore } from "@framequeue/storage";
import { createModelResolver } from "./model-resolver.ts";

async function registry() {
  const folder = await mkdtemp(join(tmpdir(), "fq-models-"));
  const objects = createFolderStore(folder);
  let lists = 0;
  let time = 0;
  const counted = { ...objects, list: (prefix: string) => (lists++, objects.list(prefix)) };
  const resolve = createModelResolver({
    objects: counted,
    defaultModel: "nano",
    now: () => time,
  });
  return {
    objects,
    resolve: (name?: string, job = newJobId()) => resolve(name, job),
    register: async (letter: string, name: string, version: string, task = "detection") => {
      const sha256 = letter.repeat(64);
      await objects.put(`models/${sha256}/model.onnx`, "x");
      await objects.put(`models/${sha256}/manifest.json`, JSON.stringify({ name, version, task }));
    },
    put: (key: string, text: string) => objects.put(key, text),
    lists: () => lists,
    pass: (ms: number) => (time += ms),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

test("the default, a name, the highest version, and an exact version", async () => {
  await using models = await registry();
  await models.register("a", "nano", "1");
  await models.register("b", "big", "9");
  await models.register("c", "big", "10");
  await models.put(`models/${"d".repeat(64)}/manifest.json`, "{ broken");
  await models.put(`models/${"e".repeat(64)}/manifest.json`, '{"name":5}');
  assert.deepEqual(await models.resolve(), {
    role: "detector",
    name: "nano",
    version: "1",
    sha256: "a".repeat(64),
  });
  assert.equal((await models.resolve("big")).version, "10");
  assert.equal((await models.resolve("big@9")).sha256, "b".repeat(64));
});

test("an unknown model is told with the names that there are and what to do", async () => {
  await using models = await registry();
  await assert.rejects(models.resolve(), {
    code: "model-not-found",
    at: "model",
    message:
      'There is no model "nano"; none is registered here. To add it: npm run models -- push FILE.onnx --name nano, or POST /v1/models.',
  });
  await models.register("a", "tiny", "1");
  await models.register("b", "big", "1");
  await assert.rejects(models.resolve("x y"), {
    code: "model-not-found",
    message:
      'There is no model "x y"; registered are big, tiny. To add it: npm run models -- push FILE.onnx --name NAME, or POST /v1/models.',
  });
  // of the catalogue, so that push needs no file
  await assert.rejects(models.resolve("yolox-nano@stable"), {
    message: /To add it: npm run models -- push yolox-nano, or POST/,
  });
  await assert.rejects(models.resolve("big@2"), {
    code: "model-not-found",
    message: "The model big has no version 2; it has 1.",
  });
});

test("the list is remembered for seconds, and read again for a name that is not in it", async () => {
  await using models = await registry();
  await models.register("a", "nano", "1");
  for (let i = 0; i < 3; i++) await models.resolve("nano");
  assert.equal(models.lists(), 1);
  await models.register("b", "new", "1");
  await models.resolve("new");
  assert.equal(models.lists(), 2);
  models.pass(6_000);
  await models.resolve("nano");
  assert.equal(models.lists(), 3);
});

test("each field takes models of its kinds, and one of an unknown task is not there", async () => {
  await using models = await registry();
  await models.register("a", "squeeze", "1", "classification");
  await models.register("b", "odd", "1", "divination");
  await models.register("c", "looks", "1", "embedding");
  assert.equal((await models.resolve("squeeze")).role, "classifier", "of whole frames");
  await assert.rejects(models.resolve("looks"), {
    code: "model-invalid",
    at: "model",
    message:
      "The model looks is of the kind embedder; model may name: detector, classifier, segmenter.",
  });
  await assert.rejects(models.resolve("odd"), { code: "model-not-found" });
});

test("aliases say which version a job gets; a canary gets its share, the same for whoever asks", async () => {
  await using models = await registry();
  await models.register("a", "nano", "1");
  await models.register("b", "nano", "2");
  const [one, two] = ["a".repeat(64), "b".repeat(64)];
  const aliases = { v: 1, name: "nano", revision: 1, stable: one, before: [] } as const;
  await putAliases(models.objects, modelAliasesSchema.parse(aliases));
  assert.equal((await models.resolve()).version, "1", "not the highest one");
  assert.equal((await models.resolve("nano@2")).version, "2");
  assert.equal((await models.resolve("nano@stable")).version, "1");
  await assert.rejects(models.resolve("nano@canary"), {
    code: "model-not-found",
    message: "The model nano has no canary.",
  });

  const canary = { sha256: two, share: 0.25 };
  await putAliases(models.objects, modelAliasesSchema.parse({ ...aliases, canary }));
  assert.equal((await models.resolve("nano@canary")).version, "2");
  const jobs = Array.from({ length: 400 }, () => newJobId());
  const versions = await Promise.all(jobs.map((job) => models.resolve("nano", job)));
  const share = versions.filter(({ version }) => version === "2").length / jobs.length;
  assert.ok(share > 0.15 && share < 0.35, `${share} of the jobs`);
  const again = await Promise.all(jobs.map((job) => models.resolve("nano", job)));
  assert.deepEqual(again, versions);
});
