import { rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "@framequeue/synth";
import { STRIKE_NAMES, STRIKES } from "../../objects/strikes.ts";
import type { ChaosSystem } from "../chaos-system.ts";
import { type Inject, once, type Scene, tail } from "./fault.ts";

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

/** What a step of a job left is gone, cut or changed behind the store's back. */
export const damageObject: Inject = async (scene, random) => {
  const keys = await intermediates(scene);
  if (keys.length === 0) return undefined;
  const key = random.pick(keys);
  const how = await strike(scene.system, key, random);
  return how === undefined ? undefined : once(`${how} ${tail(key)}`);
};

/** A share of what was not synced. */
const LOST_IN_A_CUT = 0.1;
const MOST_CUT_BYTES = 64 * 1024;

/** Every process dies at once, and what the jobs' steps left, none of which is synced, is lost in part. */
export const cutPower: Inject = async (scene, random) => {
  const { system } = scene;
  // What watches over the services goes on here, and gives up one that dies three times before it is ready.
  if (system.ready().length < system.names.length) return undefined;
  for (const pid of Object.values(system.pids())) process.kill(pid, "SIGKILL");
  const lost: string[] = [];
  const strikeSome = async (): Promise<void> => {
    for (const key of await intermediates(scene)) {
      if (!random.chance(LOST_IN_A_CUT)) continue;
      const how = await strike(system, key, random);
      if (how !== undefined) lost.push(`${how} ${tail(key)}`);
    }
  };
  await Promise.all([system.redis.kill(0, random.integer(0, MOST_CUT_BYTES)), strikeSome()]);
  return once(`cut the power: ${lost.length} objects lost`);
};

async function intermediates({ system: { pipeline }, jobs }: Scene): Promise<string[]> {
  const keys: string[] = [];
  for (const job of jobs) {
    for await (const key of pipeline.objects.list(`jobs/${job}/work`)) {
      if (!key.endsWith("~")) keys.push(key);
    }
  }
  return keys;
}

/** Undefined where its job has just cleared it away. */
async function strike(
  { objectsDir }: ChaosSystem,
  key: string,
  random: Random,
): Promise<string | undefined> {
  const how = random.pick(STRIKE_NAMES);
  try {
    await STRIKES[how](join(objectsDir, key));
    return how;
  } catch {
    return undefined;
  }
}

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
