import { waitsFor } from "./blame.ts";
import type { Host } from "./host.ts";

const PAUSE_MS = 250;

/**
 * Says it again while Redis refuses, for as long as a lock lasts. For giving an attempt back: whoever is refused because
 * Redis is full must not be remembered as one that failed.
 */
export async function retryThroughOutage<T>(
  { host, lockMs }: { readonly host: Host; readonly lockMs: number },
  say: () => Promise<T>,
): Promise<T> {
  const deadline = host.now() + lockMs;
  for (;;) {
    try {
      return await say();
    } catch (error) {
      if (!waitsFor(error) || host.now() > deadline) throw error;
    }
    await host.sleep(PAUSE_MS);
  }
}
