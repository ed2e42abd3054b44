import { frameStoreConformance } from "./frame-store-conformance.ts";
import { createMemoryFrameStore } from "./memory-store.ts";

frameStoreConformance("memory", async () => {
  const store = createMemoryFrameStore();
  return { store, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
});
