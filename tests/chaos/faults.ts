import { rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MESSAGE_SCHEMAS, type MessageStage, QUEUE_PREFIX, STAGES } from "@framequeue/contracts";
import { type ChaosSystem, LOCK_MS } from "./chaos-system.ts";
import type { Random } from "./random.ts";

/** What a fault did, for the log; undefined where there was nothing to do it to. */
export type Done = string | undefined;

export interface Fault {
  /** Counted under this name. */
  readonly name: string;
  /** How often beside the others. */
  readonly weight: number;
  inject(system: ChaosSystem, random: Random, jobs: ReadonlySet<string>): Promise<Done>;
}

const BALLAST = "ballast";

/** Of what Redis wrote last, at the most: about a second of a busy system. */
const MOST_CUT_BYTES = 64 * 1024;

export const FAULTS: readonly Fault[] = [
  { name: "kills", weight: 8, inject: kill },
  { name: "stops", weight: 2, inject: stop },
  { name: "redis restarts", weight: 1.2, inject: restartRedis },
  { name: "lost payloads", weight: 5, inject: losePayloads },
  { name: "lost tasks", weight: 3, inject: loseTask },
  { name: "doubled tasks", weight: 3, inject: doubleTask },
  { name: "reordered queues", weight: 2, inject: reorder },
  { name: "full redis", weight: 1, inject: fillRedis },
  { name: "full disks", weight: 1, inject: fillDisk },
  { name: "pauses", weight: 1, inject: pause },
];

async function kill(system: ChaosSystem, random: Random): Promise<Done> {
  const [name, pid] = anyService(system, random);
  if (pid === undefined) return undefined;
  process.kill(pid, "SIGKILL");
  return `killed ${name}`;
}

/** Longer than its lock: others take its work while it is away, and then it goes on as if nothing had been. */
async function stop(system: ChaosSystem, random: Random): Promise<Done> {
  const [name, pid] = anyService(system, random);
  if (pid === undefined) return undefined;
  const forMs = Math.round(LOCK_MS * (1.2 + random.next()));
  process.kill(pid, "SIGSTOP");
  void sleep(forMs).then(() => {
    // It may have been killed meanwhile.
    if (system.pids()[name] === pid) process.kill(pid, "SIGCONT");
  });
  return `stopped ${name} for ${forMs} ms`;
}

async function restartRedis({ redis }: ChaosSystem, random: Random): Promise<Done> {
  const downMs = random.int(0, 1_500);
  if (random.chance(0.25)) {
    await redis.restart(downMs);
    return `restarted redis, down ${downMs} ms`;
  }
  const cut = random.chance(0.5) ? random.int(1, MOST_CUT_BYTES) : 0;
  await redis.kill(downMs, cut);
  return `killed redis, down ${downMs} ms, last ${cut} bytes lost`;
}

/** Up to three batches of pixels. One that is read at this moment may be gone already. */
async function losePayloads({ pipeline }: ChaosSystem, random: Random): Promise<Done> {
  const keys = await Array.fromAsync(pipeline.frames.list());
  if (keys.length === 0) return undefined;
  const lost = [...new Set(Array.from({ length: 3 }, () => random.pick(keys)))];
  for (const key of lost) await pipeline.frames.delete(key);
  return `lost ${lost.length} payloads: ${lost.map(tail).join(", ")}`;
}

async function loseTask(system: ChaosSystem, random: Random): Promise<Done> {
  const { redis } = system.pipeline;
  const task = random.pick([...(await waiting(system)), undefined]);
  if (task === undefined) return undefined;
  const { queue, id } = task;
  await redis.lrem(`${queue}:wait`, 0, id);
  await redis.zrem(`${queue}:prioritized`, id);
  await redis.zrem(`${queue}:delayed`, id);
  // A worker may have taken it at this very moment; then it works for a task that nobody knows.
  await redis.del(`${queue}:${id}`);
  return `lost task ${tail(id)}`;
}

async function doubleTask(system: ChaosSystem, random: Random): Promise<Done> {
  const { redis, queues } = system.pipeline;
  const task = random.pick([...(await waiting(system)), undefined]);
  if (task === undefined) return undefined;
  const [name, data] = await redis.hmget(`${task.queue}:${task.id}`, "name", "data");
  const schema = MESSAGE_SCHEMAS[name as MessageStage];
  if (!data || schema === undefined) return undefined;
  const message = schema.parse(JSON.parse(data));
  // Another generation has another id.
  await queues.add({ ...message, q: ("q" in message ? (message.q ?? 0) : 0) + 1_000 });
  return `doubled task ${tail(task.id)}`;
}

async function reorder({ pipeline: { redis } }: ChaosSystem, random: Random): Promise<Done> {
  const queue = `${QUEUE_PREFIX}:${random.pick(["decode", "infer"])}`;
  const ids = await redis.zrange(`${queue}:prioritized`, 0, "-1");
  for (const id of ids) {
    await redis.zadd(`${queue}:prioritized`, "XX", random.int(1, 1_000) * 2 ** 32, id);
  }
  return ids.length > 1 ? `shuffled ${ids.length} tasks of ${queue}` : undefined;
}

async function fillRedis({ redis: { operator } }: ChaosSystem, random: Random): Promise<Done> {
  const forMs = random.int(300, 2_000);
  await operator.config("SET", "maxmemory", "1");
  await sleep(forMs);
  await operator.config("SET", "maxmemory", "0");
  return `redis was full for ${forMs} ms`;
}

/** Only where the frame store is a small file system of its own; a whole disk is not filled. */
async function fillDisk({ framesDir, ownFileSystem }: ChaosSystem, random: Random): Promise<Done> {
  if (!ownFileSystem) return undefined;
  const ballast = join(framesDir, BALLAST);
  const forMs = random.int(300, 2_000);
  const { bavail, bsize } = await statfs(framesDir);
  await writeFile(ballast, Buffer.alloc(bavail * bsize)).catch(() => {});
  await sleep(forMs);
  await rm(ballast, { force: true });
  return `the frame store was full for ${forMs} ms`;
}

async function pause(
  { pipeline: { jobs } }: ChaosSystem,
  random: Random,
  running: ReadonlySet<string>,
): Promise<Done> {
  const job = random.pick([...running, undefined]) as Parameters<typeof jobs.pause>[0] | undefined;
  if (job === undefined) return undefined;
  const forMs = random.int(100, 1_500);
  try {
    await jobs.pause(job);
    await sleep(forMs);
    await jobs.resume(job);
  } catch {
    return undefined; // it has ended
  }
  return `paused ${tail(job)} for ${forMs} ms`;
}

function anyService(system: ChaosSystem, random: Random): [string, number | undefined] {
  const pids = system.pids();
  const name = random.pick(Object.keys(pids));
  return [name, pids[name]];
}

interface WaitingTask {
  /** Prefix of the queue's keys. */
  readonly queue: string;
  readonly id: string;
}

async function waiting({ pipeline: { redis } }: ChaosSystem): Promise<WaitingTask[]> {
  const found: WaitingTask[] = [];
  for (const stage of STAGES) {
    const queue = `${QUEUE_PREFIX}:${stage}`;
    const ids = [
      ...(await redis.lrange(`${queue}:wait`, 0, -1)),
      ...(await redis.zrange(`${queue}:prioritized`, 0, "-1")),
      ...(await redis.zrange(`${queue}:delayed`, 0, "-1")),
    ];
    found.push(...ids.map((id) => ({ queue, id })));
  }
  return found;
}

function tail(key: string): string {
  return key.slice(-24);
}

/** Leaves nothing of a fault behind. */
export async function endFaults({ redis, framesDir, pids }: ChaosSystem): Promise<void> {
  await redis.operator.config("SET", "maxmemory", "0");
  await rm(join(framesDir, BALLAST), { force: true });
  for (const pid of Object.values(pids())) process.kill(pid, "SIGCONT");
}
