export { createBufferPool, type BufferPool } from "./buffer-pool.ts";
export { payloadChecksum } from "./checksum.ts";
export { createFileFrameStore } from "./file-store.ts";
export { takeFramesFolder } from "./frames-folder.ts";
export * from "./frame-store.ts";
export { createMemoryFrameStore } from "./memory-store.ts";
export { createRedisFrameStore, type RedisFrameStoreOptions } from "./redis-store.ts";
