import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { ModelRef } from "@framequeue/contracts";
import { testDetector } from "@framequeue/graphs";
import { loadModelPackage } from "@framequeue/models";
import { storeModel } from "@framequeue/pipeline";
import { createFolderStore } from "@framequeue/storage";
import { createDetectorCache } from "./detector-cache.ts";

async function openScene(capacity: number) {
  await using resources = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "fq-cache-"));
  resources.defer(() => rm(folder, { recursive: true }));
  const objects = createFolderStore(join(folder, "objects"));
  const models: ModelRef[] = [];
  for (const width of [32, 64, 96, 128]) {
    const file = join(folder, `blobs-${width}.onnx`);
    await writeFile(file, testDetector({ width, height: 32 }));
    models.push(await storeModel(objects, await loadModelPackage(file)));
  }
  const loads: string[] = [];
  const cache = resources.use(
    createDetectorCache(objects, {
      ...{ workers: 1, threadsPerWorker: 1, capacity },
      onLoad: ({ sha256 }) => loads.push(sha256),
    }),
  );
  const held = resources.move();
  return {
    ...{ cache, loads },
    models: models as [ModelRef, ModelRef, ModelRef, ModelRef],
    use: async (model: ModelRef, tensorBatch = 1): Promise<number> => {
      await using loan = await cache.borrow(model, tensorBatch);
      return loan.detector.slots;
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

test("what was used last stays loaded; what is on loan takes nobody's place", async () => {
  await using scene = await openScene(2);
  const { cache, loads, use } = scene;
  const [a, b, c, d] = scene.models;
  const held = await cache.borrow(a, 1);
  for (let turn = 0; turn < 3; turn++) for (const model of [b, c]) await use(model);
  assert.equal(loads.length, 3, "taking turns loads each once");
  await use(d);
  assert.deepEqual(cache.loaded(), new Set([a, c, d].map(({ sha256 }) => sha256)));
  await held[Symbol.asyncDispose]();
  assert.deepEqual(cache.loaded(), new Set([c, d].map(({ sha256 }) => sha256)));
});

test("another number of pictures per tensor is another session; dropping a model drops both", async () => {
  await using scene = await openScene(4);
  const { cache, use } = scene;
  const [a, b] = scene.models;
  assert.deepEqual([await use(a, 1), await use(a, 4), await use(b, 2)], [1, 4, 2]);
  assert.equal(scene.loads.length, 3);
  const loan = await cache.borrow(a, 4);
  await cache.drop(a.sha256);
  assert.equal(cache.loaded().has(a.sha256), true, "not what is on loan");
  await loan[Symbol.asyncDispose]();
  await cache.drop(a.sha256);
  assert.deepEqual(cache.loaded(), new Set([b.sha256]));
});
