import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { acceptJob, newToken, ProblemError } from "@framequeue/contracts";
import {
  createMemoryFrameStore,
  type FrameBatch,
  type FrameStore,
  payloadChecksum,
} from "@framequeue/frames";
import { createNormalizer } from "@framequeue/media";
import { openPipeline, payloadOf, type StageRunner } from "@framequeue/pipeline";
import { startRedisServer } from "@framequeue/service/testing";
import { createFolderStore } from "@framequeue/storage";
import { createEnhanceService } from "./service.ts";

const FRAMES = 2;
const SIZE = { width: 8, height: 6 };
const BYTES = 3 * SIZE.width * SIZE.height;

/** Dull pixels, so that there is something to stretch. */
function dull(bytes: number): SharedArrayBuffer {
  const pixels = new SharedArrayBuffer(bytes);
  new Uint8Array(pixels).forEach((_, i, all) => (all[i] = 100 + (i % 48)));
  return pixels;
}

interface SceneOptions {
  readonly pixels?: SharedArrayBuffer;
  readonly attempts?: number;
  /** Called before the store does it. */
  readonly before?: Partial<Record<"get" | "put", () => Promise<void>>>;
}

/** A site with one job, whose only batch is published and waits to be enhanced. */
async function openScene({ pixels = dull(FRAMES * BYTES), attempts = 1, before }: SceneOptions) {
  await using resources = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "fq-enhance-"));
  resources.defer(() => rm(folder, { recursive: true }));
  const redis = resources.use(await startRedisServer());
  const stored = resources.use(createMemoryFrameStore());
  const frames: FrameStore = {
    ...stored,
    async get(key) {
      await before?.get?.();
      return stored.get(key);
    },
    async put(key, batch) {
      await before?.put?.();
      return stored.put(key, batch);
    },
  };
  const pipeline = resources.use(
    openPipeline({
      redisUrl: redis.url,
      site: "here",
      objects: createFolderStore(join(folder, "objects")),
      frames,
      frameBudgetBytes: 1e6,
    }),
  );
  const [epoch, lease, tok] = [newToken(), newToken(), newToken()];
  const { ledger, queues } = pipeline;
  const accepted = acceptJob({
    source: { kind: "file", path: "/videos/street.mp4", name: "street.mp4" },
    models: [{ role: "detector", name: "nano", version: "1", sha256: "0".repeat(64) }],
    render: false,
  });
  const job = accepted.id;
  await pipeline.jobs.submit(accepted);
  await ledger.validate(job);
  await ledger.plan(job, epoch, {
    ...{ mode: "sequential", segments: 1, window: 2, openSegments: 1, attempts },
    ...{ enhance: true, steps: ["index", "finalize"], total: FRAMES },
  });
  await ledger.segBegin(job, epoch, 0, lease, "delivery");
  await ledger.acquire(job, epoch, 0, lease, 0, tok, 2 * pixels.byteLength);
  const crc32 = payloadChecksum(pixels);
  const decoded: FrameBatch = {
    pixels,
    header: {
      ...{ v: 1, job, epoch, segment: 0, batch: 0, layout: "gbrp", ...SIZE, frames: FRAMES },
      ...{ pts: [0, 1], crc32 },
    },
  };
  const of = (variant: "a" | "b") => stored.get(payloadOf(job, epoch, "0.0", variant));
  await stored.put(payloadOf(job, epoch, "0.0", "a"), decoded);
  const { due } = await ledger.publish(job, epoch, 0, lease, 0, tok, FRAMES, crc32);

  const outcomes: string[] = [];
  const work: unknown[] = [];
  const services = new AsyncDisposableStack();
  const open = (): StageRunner => {
    const service = createEnhanceService(pipeline, {
      concurrency: 1,
      threads: 1,
      events: {
        onTask: ({ outcome }) => outcomes.push(outcome),
        onWork: ({ frames: count, batches }) => work.push([count, batches]),
      },
    });
    services.defer(() => service.stop(0));
    return service;
  };
  await queues.addDue(job, epoch, due);
  const held = resources.move();
  return {
    ...{ pipeline, ledger, job, epoch, outcomes, work, of, open },
    /** Until so many deliveries have ended. */
    async ended(times: number): Promise<void> {
      while (outcomes.length < times) await sleep(5);
    },
    inferBegins: () => ledger.begin(job, epoch, "0.0", newToken(), "infer"),
    async [Symbol.asyncDispose]() {
      await services[Symbol.asyncDispose]();
      await held[Symbol.asyncDispose]();
    },
  };
}

test("the enhanced pixels stand in the place of the decoded ones, and infer goes on from them", async () => {
  const pixels = dull(FRAMES * BYTES);
  const expected = new Uint8Array(pixels).slice();
  await createNormalizer({ concurrency: 1 })(expected, SIZE, FRAMES);
  assert.notDeepEqual(expected, new Uint8Array(pixels));
  await using scene = await openScene({ pixels });
  await scene.open().start();
  await scene.ended(1);
  assert.deepEqual(scene.outcomes, ["done"]);
  assert.deepEqual(scene.work, [[FRAMES, 1]]);
  assert.equal(await scene.of("a"), undefined);
  const enhanced = (await scene.of("b"))!;
  assert.deepEqual(new Uint8Array(enhanced.pixels), expected);
  assert.equal(enhanced.header.crc32, payloadChecksum(enhanced.pixels));
  const begun = await scene.inferBegins();
  assert.ok(begun.a === "run");
  assert.deepEqual([begun.f, begun.t, begun.sum], [0, FRAMES, String(enhanced.header.crc32)]);
});

test("a frame store that is full costs no attempt, and the decoded pixels stay as they are", async () => {
  let refusals = 3;
  const put = async (): Promise<void> => {
    if (refusals-- > 0) throw new ProblemError("store-full", "The frame store is full.");
  };
  const pixels = dull(FRAMES * BYTES);
  const before = new Uint8Array(pixels).slice();
  await using scene = await openScene({ pixels, before: { put } });
  await scene.open().start();
  await scene.ended(1);
  assert.deepEqual(new Uint8Array((await scene.of("a"))!.pixels), before);
  await scene.ended(4);
  assert.deepEqual(scene.outcomes, ["waits", "waits", "waits", "done"]);
  assert.ok((await scene.inferBegins()).a === "run");
});

test("work that fails is counted, and ends in a gap", async () => {
  // A frame is missing in what the header speaks of.
  await using scene = await openScene({ pixels: dull(BYTES), attempts: 2 });
  await scene.open().start();
  await scene.ended(3);
  assert.deepEqual(scene.outcomes, ["retry", "retry", "done"]);
  assert.equal((await scene.ledger.read(scene.job))!["fi"], String(FRAMES));
  assert.deepEqual([await scene.of("a"), await scene.of("b")], [undefined, undefined]);
});

test("who is stopped hands the batch back, and the next one has all attempts", async () => {
  const reached = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const get = async (): Promise<void> => {
    reached.resolve();
    await goOn.promise;
  };
  await using scene = await openScene({ before: { get } });
  const first = scene.open();
  await first.start();
  await reached.promise;
  const stopped = first.stop(0);
  // At its deadline, which is at once.
  await sleep(1);
  goOn.resolve();
  await stopped;
  assert.deepEqual(scene.outcomes, ["handed-back"]);
  await scene.open().start();
  await scene.ended(2);
  assert.deepEqual(scene.outcomes, ["handed-back", "done"]);
  assert.ok((await scene.inferBegins()).a === "run");
});
