import {
  createFileFrameStore,
  createRedisFrameStore,
  type FrameStore,
  takeFramesFolder,
} from "@framequeue/frames";
import { type ObjectStoreSettings, openObjectStore } from "@framequeue/storage";
import { openPipeline, type Pipeline, type PipelineOptions } from "../pipeline.ts";

export interface LocalStoresOptions
  extends
    ObjectStoreSettings,
    Pick<
      PipelineOptions,
      "redisUrl" | "site" | "frameBudgetBytes" | "lockMs" | "onRedisError" | "events"
    > {
  readonly frameStore: "file" | "redis";
  /** Folder of the `file` frame store, best on a memory file system. */
  readonly framesDir: string;
  /** Servers of the `redis` frame store. */
  readonly frameRedisUrls: readonly string[];
  /** How long a payload may stay in them. */
  readonly frameTtlSeconds: number;
}

/** The pipeline of a service over the stores that its configuration names, which all services of the site share. */
export function openLocalPipeline(options: LocalStoresOptions): Pipeline & AsyncDisposable {
  const frames = openFrameStore(options);
  const objects = openObjectStore(options);
  const pipeline = openPipeline({ ...options, objects, frames });
  return {
    ...pipeline,
    async [Symbol.asyncDispose]() {
      await pipeline[Symbol.asyncDispose]();
      await frames[Symbol.asyncDispose]();
      await objects[Symbol.asyncDispose]();
    },
  };
}

function openFrameStore(options: LocalStoresOptions): FrameStore {
  const { frameStore, framesDir, frameRedisUrls, frameTtlSeconds, site, onRedisError } = options;
  switch (frameStore) {
    case "file":
      takeFramesFolder(framesDir);
      return createFileFrameStore(framesDir);
    case "redis":
      return createRedisFrameStore({
        urls: frameRedisUrls,
        site,
        ttlSeconds: frameTtlSeconds,
        onError: onRedisError,
      });
  }
}
