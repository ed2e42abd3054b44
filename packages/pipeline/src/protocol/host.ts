import { setTimeout as wait } from "node:timers/promises";
import { newToken } from "@framequeue/contracts";

/** What a process has of its own: time, and names that nobody else draws. Simulations put theirs in its place. */
export interface Host {
  /** Milliseconds since some moment; only grows. */
  now(): number;
  /** Rejects with the signal's reason where that fires first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Names a lease, a credit or an epoch. */
  newToken(): string;
}

export const THIS_HOST: Host = {
  now: () => performance.now(),
  sleep: (ms, signal) => wait(ms, undefined, signal === undefined ? {} : { signal }),
  newToken,
};
