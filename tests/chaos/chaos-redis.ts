import { readdir, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connectRedis, type RedisClient } from "@framequeue/pipeline";
import { type RedisProcess, startRedisProcess } from "@framequeue/service";

/** A Redis with its append-only file on, which can die and come back on its data. */
export interface ChaosRedis extends AsyncDisposable {
  readonly url: string;
  /** A connection of the operator's. */
  readonly operator: RedisClient;
  /** Down for so long. `cutBytes` of what it wrote last are lost with it. */
  kill(downMs: number, cutBytes: number): Promise<void>;
  /** Stopped as an operator does it, and started again. */
  restart(downMs: number): Promise<void>;
}

export async function openChaosRedis(folder: string): Promise<ChaosRedis> {
  const settings = { folder, persistent: true };
  let server: RedisProcess = await startRedisProcess(settings);
  const operator = connectRedis(server.url);
  operator.on("error", () => {});
  return {
    url: server.url,
    operator,
    async kill(downMs, cutBytes) {
      const pid = Number(/process_id:(\d+)/.exec(await operator.info("server"))![1]);
      process.kill(pid, "SIGKILL");
      await server.exited;
      await server[Symbol.asyncDispose](); // what watches over it, too
      if (cutBytes > 0) await cutTail(join(folder, "appendonlydir"), cutBytes);
      await sleep(downMs);
      server = await startRedisProcess(settings);
    },
    async restart(downMs) {
      await server[Symbol.asyncDispose]();
      await sleep(downMs);
      server = await startRedisProcess(settings);
    },
    async [Symbol.asyncDispose]() {
      operator.disconnect();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Takes bytes from the end of the file that is being written. Redis drops the command that is cut in two. */
async function cutTail(folder: string, bytes: number): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".incr.aof"));
  const newest = names.sort((a, b) => sequence(a) - sequence(b)).at(-1);
  if (newest === undefined) return;
  const path = join(folder, newest);
  const { size } = await stat(path);
  await truncate(path, Math.max(0, size - bytes));
}

function sequence(name: string): number {
  return Number(/\.(\d+)\.incr\.aof$/.exec(name)?.[1] ?? 0);
}
