import { createBufferPool } from "./buffer-pool.ts";
import { type FrameBatch, type FrameStore, PAYLOAD_VARIANTS } from "./frame-store.ts";

/** Parts of a prefix that names one batch: `J/ep/s.b`. */
const BATCH_DEPTH = 3;

/** Pixels stay where decode put them: for services that share one process. */
export function createMemoryFrameStore(): FrameStore {
  const batches = new Map<string, FrameBatch>();
  const pool = createBufferPool();
  const remove = (key: string): void => {
    const batch = batches.get(key);
    if (batch !== undefined) pool.give(batch.pixels);
    batches.delete(key);
  };
  const below = function* (prefix: string | undefined): Generator<string> {
    // of one batch: asked for with every batch that is done, so not looked for among all
    if (prefix?.split("/").length === BATCH_DEPTH) {
      yield* PAYLOAD_VARIANTS.map((variant) => `${prefix}/${variant}`).filter((key) =>
        batches.has(key),
      );
      return;
    }
    for (const key of batches.keys()) {
      if (prefix === undefined || key.startsWith(`${prefix}/`)) yield key;
    }
  };
  return {
    kind: "memory",
    allocate: (bytes) => pool.take(bytes),
    async put(key, batch) {
      // What was there is not given to the pool: its holder may not know yet that it was replaced.
      batches.set(key, batch);
      return "kept";
    },
    async get(key) {
      return batches.get(key);
    },
    discard: (pixels) => pool.give(pixels),
    discardRead() {}, // still the store's
    async delete(key) {
      remove(key);
    },
    async deletePrefix(prefix) {
      for (const key of [...below(prefix)]) remove(key);
    },
    async *list(prefix) {
      yield* [...below(prefix)];
    },
    async [Symbol.asyncDispose]() {
      batches.clear();
    },
  };
}
