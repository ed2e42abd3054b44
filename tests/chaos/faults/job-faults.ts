import type { JobId } from "@framequeue/contracts";
import { setTimeout as sleep } from "node:timers/promises";
import { type Inject, once, type Scene, tail } from "./fault.ts";

export const pause: Inject = async ({ system: { pipeline }, jobs }, random) => {
  const job = random.pick([...jobs, undefined]);
  if (job === undefined) return undefined;
  const forMs = random.integer(100, 1_500);
  try {
    await pipeline.jobs.pause(job);
    await sleep(forMs);
    await pipeline.jobs.resume(job);
  } catch {
    return undefined; // it has ended
  }
  return once(`paused ${tail(job)} for ${forMs} ms`);
};

/** A Redis that lost its last second may have forgotten that a job was resumed. */
export async function resumeAll({ system: { pipeline }, jobs }: Scene): Promise<void> {
  const resume = (job: JobId): Promise<unknown> => pipeline.jobs.resume(job).catch(() => {});
  for (const job of jobs) await resume(job);
}
