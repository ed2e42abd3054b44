import { createDetector, type Detector } from "@framequeue/models";
import type { ObjectStore } from "@framequeue/storage";
import { createModelCache, type ModelCache, type ModelCacheOptions } from "./model-cache.ts";

/** A loaded model on loan; disposing gives it back. */
export interface DetectorLoan extends AsyncDisposable {
  readonly detector: Detector;
}

/** The models that find objects. */
export interface DetectorCache extends Omit<ModelCache<Detector>, "borrow"> {
  borrow(...wanted: Parameters<ModelCache<Detector>["borrow"]>): Promise<DetectorLoan>;
}

export function createDetectorCache(
  objects: ObjectStore,
  options: ModelCacheOptions,
): DetectorCache {
  const cache = createModelCache(objects, createDetector, options);
  return {
    async borrow(...wanted) {
      const loan = await cache.borrow(...wanted);
      return { detector: loan.model, [Symbol.asyncDispose]: () => loan[Symbol.asyncDispose]() };
    },
    loaded: () => cache.loaded(),
    drop: (sha256) => cache.drop(sha256),
    [Symbol.asyncDispose]: () => cache[Symbol.asyncDispose](),
  };
}
