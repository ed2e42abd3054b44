import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRedisProcess } from "../process/redis-process.ts";

/** A Redis of the test's own: in memory, on a socket in a temporary folder, gone with the test. */
export interface TestRedis extends AsyncDisposable {
  /** `unix:///…` */
  readonly url: string;
}

/** @throws Error when `redis-server` is not installed or does not start */
export async function startRedisServer(): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), "fq-redis-"));
  const clear = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", clear); // a test that dies must leave nothing either
  const redis = await startRedisProcess({ folder, persistent: false });
  return {
    url: redis.url,
    async [Symbol.asyncDispose]() {
      process.off("exit", clear);
      await redis[Symbol.asyncDispose]();
      clear();
    },
  };
}
