import { setTimeout as sleep } from "node:timers/promises";
import { isBlameless } from "./redis-trouble.ts";

const PAUSE_MS = 250;

/**
 * Says it again while Redis refuses, for so long. For giving an attempt back: whoever is refused because Redis is full
 * must not be remembered as one that failed.
 */
export async function insist<T>(say: () => Promise<T>, forMs: number): Promise<T> {
  const deadline = performance.now() + forMs;
  for (;;) {
    try {
      return await say();
    } catch (error) {
      if (!isBlameless(error) || performance.now() > deadline) throw error;
    }
    await sleep(PAUSE_MS);
  }
}
