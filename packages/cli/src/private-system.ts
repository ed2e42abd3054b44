import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryFrameStore } from "@framequeue/frames";
import type { StageEvents } from "@framequeue/pipeline";
import { startRedisProcess } from "@framequeue/service";
import { createFolderStore } from "@framequeue/storage";
import { type ComposedSystem, composeSystem } from "./compose.ts";

export interface PrivateSystemOptions {
  readonly inferWorkers?: number;
  readonly events?: StageEvents;
}

/** A system for one command: its own Redis, its own folder, pixels in memory. Disposing leaves nothing behind. */
export async function openPrivateSystem(
  options: PrivateSystemOptions = {},
): Promise<ComposedSystem> {
  await using resources = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "fq-"));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  const redis = resources.use(
    await startRedisProcess({ folder: join(folder, "redis"), persistent: false }),
  );
  const system = resources.use(
    await composeSystem({
      redisUrl: redis.url,
      objects: createFolderStore(join(folder, "objects")),
      frames: resources.use(createMemoryFrameStore()),
      ...options,
    }),
  );
  const held = resources.move();
  return {
    pipeline: system.pipeline,
    warm: (model) => system.warm(model),
    stop: (deadlineMs) => system.stop(deadlineMs),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
