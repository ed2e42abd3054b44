import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { JobId } from "@framequeue/contracts";
import type { ChaosSystem } from "./chaos-system.ts";

/** What BullMQ keeps of a queue that is empty, and what the site keeps when every job has ended. */
const QUEUE_KEYS = /^\{fq\}:[a-z]+:(meta|id|events|marker|stalled-check|stalled|pc)$/;
const SITE_KEYS = /^fq:\{chaos\}:(jobs|entries|clock|witness|infer:.+)$/;
const JOB_RECORD = /^fq:\{j[0-9a-z]{22}\}:job$/;
const POLL_MS = 200;
/** Processes that were told to end may take a moment. */
const END_MS = 5_000;

/** Everything that should not be there once every job has ended, in words. */
async function findLeftovers(system: ChaosSystem): Promise<string[]> {
  const { pipeline, framesDir, tempDir } = system;
  const left: string[] = [];
  for (const key of await pipeline.redis.keys("*")) {
    if (![QUEUE_KEYS, SITE_KEYS, JOB_RECORD].some((known) => known.test(key))) {
      left.push(`redis ${key}`);
    }
  }
  for (const file of await readdir(framesDir, { recursive: true, withFileTypes: true })) {
    if (file.isFile()) left.push(`pixels ${file.parentPath}/${file.name}`);
  }
  for await (const key of pipeline.objects.list("jobs")) {
    const [, job, kind] = key.split("/");
    if (kind === "work" && !(await mayBeRetried(system, job as JobId))) left.push(`object ${key}`);
  }
  for (const name of await readdir(tempDir)) left.push(`temporary ${name}`);
  return left;
}

/** A job with warnings keeps what a retry can use. */
async function mayBeRetried({ pipeline }: ChaosSystem, job: JobId): Promise<boolean> {
  return (await pipeline.jobs.view(job))?.state === "succeeded_with_warnings";
}

/** Waits until nothing is left, for so long; answers what is. */
export async function untilClean(system: ChaosSystem, patienceMs: number): Promise<string[]> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const left = await findLeftovers(system);
    if (left.length === 0 || performance.now() > deadline) return left;
    await sleep(POLL_MS);
  }
}

/** Processes of the system that run although it was stopped: they have its folder for temporary files. */
export async function processesOf({ tempDir }: ChaosSystem): Promise<string[]> {
  const deadline = performance.now() + END_MS;
  for (;;) {
    const left = await processesWith(`TMPDIR=${tempDir}`);
    if (left.length === 0 || performance.now() > deadline) return left;
    await sleep(POLL_MS);
  }
}

async function processesWith(marker: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(pid)) continue;
    const read = (file: string): Promise<string> =>
      readFile(`/proc/${pid}/${file}`, "utf8").catch(() => ""); // gone meanwhile
    if (!(await read("environ")).split("\0").includes(marker)) continue;
    found.push(`${pid} ${(await read("cmdline")).replaceAll("\0", " ")}`);
  }
  return found;
}
