import { setTimeout as sleep } from "node:timers/promises";
import type { ChaosSystem } from "../chaos-system.ts";
import { type Inject, once } from "./fault.ts";

/** Of what Redis wrote last, at the most: about a second of a busy system. */
const MOST_CUT_BYTES = 64 * 1024;
/** Longer than a task's lock, at the most. */
const LONGEST_DOWN_MS = 4_000;
/** An upgrade of the server, or the move of its pod to another node. */
const LONG_OUTAGE_MS = 30_000;

export const restartRedis: Inject = async ({ system: { redis } }, random) => {
  const downMs = random.integer(0, LONGEST_DOWN_MS);
  if (random.chance(0.25)) {
    await redis.restart(downMs);
    return once(`restarted redis, down ${downMs} ms`);
  }
  const cut = random.chance(0.5) ? random.integer(1, MOST_CUT_BYTES) : 0;
  await redis.kill(downMs, cut);
  return once(`killed redis, down ${downMs} ms, last ${cut} bytes lost`);
};

export const longOutage: Inject = async ({ system: { redis } }) => {
  await redis.restart(LONG_OUTAGE_MS);
  return once(`restarted redis, down ${LONG_OUTAGE_MS} ms`);
};

export const fillRedis: Inject = async ({ system }, random) => {
  const forMs = random.integer(300, 2_000);
  await system.redis.operator.config("SET", "maxmemory", "1");
  await sleep(forMs);
  await emptyRedis(system);
  return once(`redis was full for ${forMs} ms`);
};

export async function emptyRedis({ redis }: ChaosSystem): Promise<void> {
  await redis.operator.config("SET", "maxmemory", "0");
}
