import { readdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { QUEUE_PREFIX } from "@framequeue/contracts";
import type { ChaosSystem } from "./chaos-system.ts";

/** What BullMQ keeps of a queue that is empty, and what the site keeps when every job has ended. */
const QUEUE_KEYS = /^\{fq\}:[a-z]+:(meta|id|events|marker|stalled-check|stalled|pc)$/;
const SITE_KEYS = /^fq:\{chaos\}:(jobs|clock)$/;
const JOB_RECORD = /^fq:\{j[0-9a-z]{22}\}:job$/;

/** Everything that should not be there once every job has ended, in words. */
export async function findLeftovers(system: ChaosSystem): Promise<string[]> {
  const { pipeline, tempDir } = system;
  const left: string[] = [];
  for (const key of await pipeline.redis.keys("*")) {
    if (![QUEUE_KEYS, SITE_KEYS, JOB_RECORD].some((known) => known.test(key))) {
      left.push(`redis ${key}`);
    }
  }
  for await (const key of pipeline.frames.list()) left.push(`pixels ${key}`);
  for await (const key of pipeline.objects.list("jobs")) {
    const [, job, kind] = key.split("/");
    if (kind === "work" && !(await mayBeRetried(system, job!))) left.push(`object ${key}`);
  }
  for (const name of await readdir(tempDir)) left.push(`temporary ${name}`);
  return left;
}

/** A job with warnings keeps what a retry can use. */
async function mayBeRetried({ pipeline }: ChaosSystem, job: string): Promise<boolean> {
  const view = await pipeline.jobs.view(job as Parameters<typeof pipeline.jobs.view>[0]);
  return view?.state === "succeeded_with_warnings";
}

/** Waits until nothing is left, for so long; answers what is. */
export async function untilClean(system: ChaosSystem, patienceMs: number): Promise<string[]> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const left = await findLeftovers(system);
    if (left.length === 0 || performance.now() > deadline) return left;
    await sleep(200);
  }
}

/** Everything that Redis knows of a job, to find out why it does not go on. */
export async function describeJob({ pipeline }: ChaosSystem, job: string): Promise<string> {
  const { redis } = pipeline;
  const lines: string[] = [];
  for (const key of [
    ...(await redis.keys(`fq:{${job}}:*`)),
    ...(await redis.keys(`${QUEUE_PREFIX}:*${job}*`)),
  ].sort()) {
    const type = await redis.type(key);
    const value = type === "hash" ? await redis.hgetall(key) : await redis.lrange(key, 0, -1);
    lines.push(`${key} ${JSON.stringify(value)}`);
  }
  for (const queue of await redis.keys(`${QUEUE_PREFIX}:*:active`)) {
    lines.push(`${queue} ${JSON.stringify(await redis.lrange(queue, 0, -1))}`);
  }
  return lines.join("\n");
}
