import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { createMemoryFrameStore } from "@framequeue/frames";
import { testDetector } from "@framequeue/graphs";
import { loadModelPackage } from "@framequeue/models";
import { openPipeline, readTuning, storeModel } from "@framequeue/pipeline";
import { startRedisServer } from "@framequeue/service/testing";
import { createFolderStore } from "@framequeue/storage";
import { createBackgroundTuning } from "./background-tuning.ts";

const engine = {
  provider: "cpu",
  devices: [{ provider: "cpu", device: 0 }],
  numericClass: "cpu-here",
  findings: [],
} as const;

async function openScene() {
  await using resources = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "fq-tuning-"));
  resources.defer(() => rm(folder, { recursive: true }));
  const redis = resources.use(await startRedisServer());
  const pipeline = resources.use(
    openPipeline({
      ...{ redisUrl: redis.url, site: "here", frameBudgetBytes: 1e6 },
      objects: createFolderStore(join(folder, "objects")),
      frames: createMemoryFrameStore(),
    }),
  );
  const file = join(folder, "blobs.onnx");
  await writeFile(file, testDetector({ width: 64, height: 64, batch: 2 }));
  const model = await storeModel(pipeline.objects, await loadModelPackage(file));
  const held = resources.move();
  return { pipeline, model, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

test("a model that was used is measured once there is nothing to do, and once only", async () => {
  await using scene = await openScene();
  const { pipeline, model } = scene;
  const { promise: tuned, resolve, reject } = Promise.withResolvers<void>();
  let times = 0;
  const tuning = createBackgroundTuning({
    ...{ pipeline, engine, idleMs: 0, onError: reject },
    tuneOptions: { seconds: 0.01, cores: 1 },
    onTuned() {
      times++;
      resolve();
    },
  });
  const end = tuning.busy();
  tuning.used(model);
  end();
  await tuned;
  tuning.used(model);
  tuning.busy()();
  await tuning.stop();
  assert.equal(times, 1);
  const found = await readTuning(pipeline.objects, model.sha256, "cpu-here");
  assert.equal(found?.chosen.batch, 2);
  assert.equal(await readTuning(pipeline.objects, model.sha256, "cpu-other"), undefined);
  assert.equal(await pipeline.roster.claimTuning(model.sha256, "cpu-here"), false);
});

test("work that comes ends a measurement, which leaves nothing", async () => {
  await using scene = await openScene();
  const { pipeline, model } = scene;
  const errors: unknown[] = [];
  const tuning = createBackgroundTuning({
    ...{ pipeline, engine, idleMs: 0, onError: (error: unknown) => errors.push(error) },
    tuneOptions: { seconds: 600, cores: 1 },
  });
  tuning.used(model);
  tuning.busy()();
  // it has begun when it has claimed the model
  const claim = `fq:{here}:infer:tuning:cpu-here:${model.sha256}`;
  while ((await pipeline.redis.exists(claim)) === 0) await turn();
  tuning.busy();
  await tuning.stop();
  assert.deepEqual(errors, []);
  assert.equal(await readTuning(pipeline.objects, model.sha256, "cpu-here"), undefined);
});
