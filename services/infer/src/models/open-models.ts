import type { ModelRef } from "@framequeue/contracts";
import {
  createClassifier,
  createEmbedder,
  createSegmenter,
  type PictureAreas,
  type PictureLabels,
  type PictureModel,
} from "@framequeue/models";
import type { ObjectStore } from "@framequeue/storage";
import type { Sessions } from "./attendance.ts";
import { createDetectorCache, type DetectorCache } from "./detector-cache.ts";
import { createModelCache, type ModelCache, type ModelCacheOptions } from "./model-cache.ts";

/** Says what a crop looks like. */
export type Embedder = PictureModel<Float32Array<ArrayBuffer>>;

/** The open models of a process, by what they are to a job. */
export interface OpenModels extends Sessions, AsyncDisposable {
  readonly detectors: DetectorCache;
  readonly embedders: ModelCache<Embedder>;
  readonly classifiers: ModelCache<PictureModel<PictureLabels>>;
  readonly segmenters: ModelCache<PictureModel<PictureAreas>>;
}

/** @param detectors from elsewhere; they stay the caller's */
export function openModels(
  objects: ObjectStore,
  options: ModelCacheOptions,
  detectors?: DetectorCache,
): OpenModels {
  const own = detectors ?? createDetectorCache(objects, options);
  const embedders = createModelCache(objects, createEmbedder, options);
  const classifiers = createModelCache(objects, createClassifier, options);
  const segmenters = createModelCache(objects, createSegmenter, options);
  const caches = [own, embedders, classifiers, segmenters];
  const cacheOf = ({ role }: ModelRef) => {
    switch (role) {
      case "embedder":
        return embedders;
      case "classifier":
        return classifiers;
      case "segmenter":
        return segmenters;
      default:
        return own;
    }
  };
  return {
    ...{ detectors: own, embedders, classifiers, segmenters },
    borrow: (model, tensorBatch) => cacheOf(model).borrow(model, tensorBatch),
    loaded: () => new Set(caches.flatMap((cache) => [...cache.loaded()])),
    async drop(sha256) {
      for (const cache of caches) await cache.drop(sha256);
    },
    async [Symbol.asyncDispose]() {
      for (const cache of caches) {
        if (cache !== detectors) await cache[Symbol.asyncDispose]();
      }
    },
  };
}
