import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { acceptJob, type JobId, newJobId } from "@framequeue/contracts";
import { createMemoryFrameStore, type FrameBatch } from "@framequeue/frames";
import { startRedisServer } from "@framequeue/service/testing";
import { createFolderStore } from "@framequeue/storage";
import { openPipeline, type Pipeline } from "../pipeline.ts";

/** A pipeline on a Redis of its own, with objects in a temporary folder and pixels in memory. */
export interface TestSite extends AsyncDisposable {
  readonly pipeline: Pipeline;
  readonly redisUrl: string;
}

export async function openTestSite(): Promise<TestSite> {
  await using resources = new AsyncDisposableStack();
  const server = resources.use(await startRedisServer());
  const folder = await mkdtemp(join(tmpdir(), "fq-pipeline-"));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  const pipeline = resources.use(
    openPipeline({
      redisUrl: server.url,
      site: "here",
      objects: createFolderStore(folder),
      frames: createMemoryFrameStore(),
      frameBudgetBytes: 1_000,
    }),
  );
  const owned = resources.move();
  return {
    pipeline,
    redisUrl: server.url,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export function sampleJob(id: JobId = newJobId(), acceptedAt = "2026-01-01T00:00:00.000Z") {
  return acceptJob({
    ...{ id, acceptedAt, render: false },
    source: { kind: "file", path: "/videos/street.mp4", name: "street.mp4" },
    models: [{ role: "detector", name: "nano", version: "1", sha256: "0".repeat(64) }],
  });
}

/** One black pixel; no test here looks at it. */
export function samplePixels(job: JobId): FrameBatch {
  const frame = { layout: "gbrp", width: 1, height: 1, frames: 1, crc32: 0 } as const;
  return {
    pixels: new SharedArrayBuffer(3),
    header: { v: 1, job, epoch: "ep", segment: 0, batch: 0, ...frame, pts: [0] },
  };
}

/** Looks again and again until it is so. */
export async function eventually(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`Not so after 20 s: ${what}`);
    await sleep(2);
  }
}
