import type { RedisClient } from "../ledger/redis.ts";

/** The queues' Redis as it says it is. */
export interface RedisState {
  readonly usedBytes: number;
  /** What it may use: its `maxmemory`, or all memory of its machine where that is 0. */
  readonly limitBytes: number;
  readonly clients: number;
  readonly commands: number;
  /** Keys that it threw away; with `noeviction`, as it must be, none. */
  readonly evictedKeys: number;
  readonly cpuSeconds: number;
  readonly keys: number;
  /** Whether every write goes to its append-only file, and the last one did. */
  readonly persists: boolean;
  readonly uptimeSeconds: number;
}

export async function readRedisState(redis: Pick<RedisClient, "info">): Promise<RedisState> {
  const info = await redis.info();
  const text = (name: string): string => new RegExp(`^${name}:(.*)`, "m").exec(info)?.[1] ?? "";
  const number = (name: string): number => Number(text(name).trim() || 0);
  const keys = [...info.matchAll(/^db\d+:keys=(\d+)/gm)];
  return {
    usedBytes: number("used_memory"),
    limitBytes: number("maxmemory") || number("total_system_memory"),
    clients: number("connected_clients"),
    commands: number("total_commands_processed"),
    evictedKeys: number("evicted_keys"),
    cpuSeconds: number("used_cpu_sys") + number("used_cpu_user"),
    keys: keys.reduce((sum, [, count]) => sum + Number(count), 0),
    persists: number("aof_enabled") === 1 && text("aof_last_write_status").trim() === "ok",
    uptimeSeconds: number("uptime_in_seconds"),
  };
}
