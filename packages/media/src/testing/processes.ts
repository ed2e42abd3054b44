import { setImmediate } from "node:timers/promises";

/** Waits until this process has no child any more; a child that stays fails the test by its timeout. */
export async function noChildProcesses(): Promise<void> {
  while (process.getActiveResourcesInfo().includes("ProcessWrap")) await setImmediate();
}
