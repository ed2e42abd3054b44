import { rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ChaosSystem } from "../chaos-system.ts";
import { type Inject, once, tail } from "./fault.ts";

const BALLAST = "ballast";
const MOST_LOST = 3;

/** A few batches of pixels. One that is read at this moment may be gone already. */
export const losePayloads: Inject = async ({ system: { pipeline } }, random) => {
  const keys = await Array.fromAsync(pipeline.frames.list());
  if (keys.length === 0) return undefined;
  const lost = [...new Set(Array.from({ length: MOST_LOST }, () => random.pick(keys)))];
  for (const key of lost) await pipeline.frames.delete(key);
  return { count: lost.length, text: `lost payloads ${lost.map(tail).join(", ")}` };
};

/** Only where the frame store is a small file system of its own; a whole disk is not filled. */
export const fillDisk: Inject = async ({ system }, random) => {
  const { framesDir, ownFileSystem } = system;
  if (!ownFileSystem) return undefined;
  const forMs = random.integer(300, 2_000);
  const { bavail, bsize } = await statfs(framesDir);
  await writeFile(join(framesDir, BALLAST), Buffer.alloc(bavail * bsize)).catch(() => {});
  await sleep(forMs);
  await emptyDisk(system);
  return once(`the frame store was full for ${forMs} ms`);
};

export async function emptyDisk({ framesDir }: ChaosSystem): Promise<void> {
  await rm(join(framesDir, BALLAST), { force: true });
}
