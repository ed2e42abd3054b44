import { Redis, type RedisOptions } from "ioredis";
import { redisTrouble } from "./redis-trouble.ts";

export type RedisClient = Redis;

/** A connection that waits for Redis as long as it takes, as queues and ledger need it. */
export function connectRedis(url: string): RedisClient {
  const options: RedisOptions = {
    maxRetriesPerRequest: null,
    enableReadyCheck: true,
    retryStrategy: (attempt) => Math.min(2_000, 50 * 2 ** Math.min(attempt, 6)),
  };
  const { protocol, pathname } = new URL(url);
  // ioredis takes a socket's path from a URL as it is written there, with `%20` for a blank.
  if (protocol === "unix:") return new Redis({ ...options, path: decodeURIComponent(pathname) });
  return new Redis(url, options);
}

/** Runs one Lua script by its hash, and sends its text when Redis does not know it (first use, or after a restart). */
export function luaScript(
  redis: RedisClient,
  lua: string,
  sha: string,
): (keys: readonly string[], args: readonly (string | number)[]) => Promise<unknown> {
  return async (keys, args) => {
    try {
      return await redis.evalsha(sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (!error.message.startsWith("NOSCRIPT")) throw redisTrouble(error) ?? error;
      return redis.eval(lua, keys.length, ...keys, ...args).catch((again: unknown) => {
        throw redisTrouble(again) ?? again;
      });
    }
  };
}
