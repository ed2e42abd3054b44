import type { FrameBatch, FrameStore } from "./frame-store.ts";

/** Pixels stay where decode put them: for services that share one process. */
export function createMemoryFrameStore(): FrameStore {
  const batches = new Map<string, FrameBatch>();
  const below = function* (prefix: string | undefined): Generator<string> {
    for (const key of batches.keys()) {
      if (prefix === undefined || key.startsWith(`${prefix}/`)) yield key;
    }
  };
  return {
    kind: "memory",
    async put(key, batch) {
      batches.set(key, batch);
    },
    async get(key) {
      return batches.get(key);
    },
    async delete(key) {
      batches.delete(key);
    },
    async deletePrefix(prefix) {
      for (const key of [...below(prefix)]) batches.delete(key);
    },
    async *list(prefix) {
      yield* [...below(prefix)];
    },
    async [Symbol.asyncDispose]() {
      batches.clear();
    },
  };
}
