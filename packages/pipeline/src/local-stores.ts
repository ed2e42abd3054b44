import { createFileFrameStore } from "@framequeue/frames";
import { createFolderStore } from "@framequeue/storage";
import { openPipeline, type Pipeline, type PipelineOptions } from "./pipeline.ts";

export interface LocalStoresOptions extends Pick<
  PipelineOptions,
  "redisUrl" | "site" | "frameBudgetBytes" | "onRedisError"
> {
  /** Folder of the object store. */
  readonly objectsDir: string;
  /** Folder of the frame store, best on a memory file system. */
  readonly framesDir: string;
}

/** The pipeline of a service whose stores are folders that all services of the site share. */
export function openLocalPipeline(options: LocalStoresOptions): Pipeline & AsyncDisposable {
  return openPipeline({
    ...options,
    objects: createFolderStore(options.objectsDir),
    frames: createFileFrameStore(options.framesDir),
  });
}
