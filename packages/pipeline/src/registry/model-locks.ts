import { setTimeout as sleep } from "node:timers/promises";
import { newToken, ProblemError } from "@framequeue/contracts";
import type { RedisClient } from "../ledger/redis.ts";

/** Guards the aliases of one model. */
export const aliasLock = (site: string, name: string): string => `fq:{${site}}:alias:${name}`;
/** Guards which versions there are. */
export const registerLock = (site: string): string => `fq:{${site}}:models:register`;

export interface LockOptions {
  readonly key: string;
  /** For so long a holder that died keeps others away. */
  readonly holdMs: number;
  /** For so long another holder is waited for; not at all by default. */
  readonly waitMs?: number;
  /** What is being changed, for the message. */
  readonly what: string;
}

const LOOK_MS = 50;

/**
 * One at a time. The lock is renewed while `change` goes on.
 *
 * @throws ProblemError `model-busy` while somebody else has it, and what `change` throws
 */
export async function whileLocked<T>(
  redis: RedisClient,
  { key, holdMs, waitMs = 0, what }: LockOptions,
  change: () => Promise<T>,
): Promise<T> {
  const token = newToken();
  const deadline = performance.now() + waitMs;
  while ((await redis.set(key, token, "PX", holdMs, "NX")) !== "OK") {
    if (performance.now() >= deadline) {
      throw new ProblemError("model-busy", `${what} are being changed; try again.`, { at: "name" });
    }
    await sleep(LOOK_MS);
  }
  const renew = setInterval(() => {
    redis.pexpire(key, holdMs).catch(() => {}); // the next turn tries again
  }, holdMs / 3);
  try {
    return await change();
  } finally {
    clearInterval(renew);
    if ((await redis.get(key)) === token) await redis.del(key);
  }
}
