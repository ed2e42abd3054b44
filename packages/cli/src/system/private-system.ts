import { tmpdir } from "node:os";
import { join } from "node:path";
import { openTempFolder, sweepTempFolders } from "@framequeue/lifetime";
import { checkFolder, startRedisProcess } from "@framequeue/service";
import { createFolderStore } from "@framequeue/storage";
import { type ComposedSystem, type ComposeOptions, composeSystem } from "./compose.ts";
import { type FrameStoreKind, openPrivateFrames } from "./private-frames.ts";

export interface PrivateSystemOptions extends Pick<
  ComposeOptions,
  "inferWorkers" | "detectors" | "events"
> {
  /** Where pixels are between the stages: `memory` unless said otherwise. */
  readonly frameStore?: FrameStoreKind;
  /** Servers for `redis`; without any the system starts its own. */
  readonly frameRedisUrls?: readonly string[];
}

/** A system for one command: its own Redis, folder and frame store. Disposing leaves nothing behind. */
export async function openPrivateSystem({
  frameStore = "memory",
  frameRedisUrls = [],
  ...options
}: PrivateSystemOptions = {}): Promise<ComposedSystem> {
  await using resources = new AsyncDisposableStack();
  await checkFolder(tmpdir(), "TMPDIR", { mustExist: true });
  await sweepTempFolders();
  const { path: folder } = resources.use(await openTempFolder("cli"));
  const redis = resources.use(
    await startRedisProcess({ folder: join(folder, "redis"), persistent: false }),
  );
  const frames = await openPrivateFrames(
    { kind: frameStore, folder, redisUrls: frameRedisUrls },
    resources,
  );
  const system = resources.use(
    await composeSystem({
      redisUrl: redis.url,
      objects: createFolderStore(join(folder, "objects")),
      frames,
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
