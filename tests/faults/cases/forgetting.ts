import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { FaultCase } from "../fault-case.ts";
import { type FaultSite, killNow } from "../fault-site.ts";
import { sameAsEver } from "./same-as-ever.ts";

const run = promisify(execFile);

async function redis(site: FaultSite, ...command: string[]): Promise<void> {
  await run("redis-cli", ["-s", join(site.dataDir, "redis/redis.sock"), ...command]);
}

/** Does something to a record of a job that waits or has ended, looks at the list, cancels, and puts it back. */
async function withDamagedRecord(
  site: FaultSite,
  job: string,
  name: string,
  content: string,
): Promise<string> {
  const path = join(site.objectsDir, "jobs", job, name);
  const right = await readFile(path);
  await writeFile(path, content);
  try {
    const list = await site.ask("/v1/jobs");
    const view = await site.ask(`/v1/jobs/${job}`);
    const other = await site.submit(site.clip);
    const { state } = await site.ended(other);
    return `list ${list.status}, it ${view.status} ${view.body?.problem?.code ?? view.body?.code ?? view.body?.state}, another ${state}`;
  } finally {
    await writeFile(path, right);
  }
}

export const FORGETTING: readonly FaultCase[] = [
  {
    kind: "forgetting",
    what: "FLUSHALL in the middle of a job",
    wants: /^same$/,
    down: true,
    play: (site) => sameAsEver(site, () => redis(site, "FLUSHALL")),
  },
  {
    kind: "forgetting",
    what: "FLUSHALL three times in one job",
    wants: /^same$/,
    down: true,
    play: (site) =>
      sameAsEver(site, async (job) => {
        for (let times = 0; times < 3; times++) {
          await site.until(job, ({ progress }) => progress.inferred > 0);
          await redis(site, "FLUSHALL");
        }
      }),
  },
  {
    kind: "forgetting",
    what: "SCRIPT FLUSH, and every connection cut",
    wants: /^same$/,
    down: true,
    play: (site) =>
      sameAsEver(site, async () => {
        await redis(site, "SCRIPT", "FLUSH");
        await redis(site, "CLIENT", "KILL", "TYPE", "normal");
      }),
  },
  {
    kind: "durability",
    what: "all processes killed at once, and the end of Redis' file lost",
    wants: /^same$/,
    down: true,
    play: (site) =>
      sameAsEver(site, () =>
        site.powerCut(async () => {
          const path = join(site.dataDir, "redis/appendonlydir/appendonly.aof.1.incr.aof");
          const bytes = await readFile(path);
          await writeFile(path, bytes.subarray(0, Math.max(0, bytes.length - 5_000)));
        }),
      ),
  },
  {
    kind: "durability",
    what: "all processes killed at once, and Redis' files lost altogether",
    wants: /^same$/,
    down: true,
    play: (site) =>
      sameAsEver(site, () =>
        site.powerCut(async () => {
          await run("rm", ["-r", join(site.dataDir, "redis/appendonlydir")]);
        }),
      ),
  },
  ...(["", '{"v":1', "\0".repeat(200)] as const).map((content): FaultCase => ({
    kind: "records",
    what: `the record of a job that ended ${content === "" ? "is empty" : content.startsWith("{") ? "is cut" : "is zeros"}`,
    wants: /^list 200, it (200|409) \S+, another succeeded$/,
    ...(content === "" ? { quick: true as const } : {}),
    async play(site) {
      const job = await site.submit(site.clip);
      await site.ended(job);
      return withDamagedRecord(site, job, "accepted.json", content);
    },
  })),
  {
    kind: "records",
    what: "the result of a job that ended is empty",
    wants: /^list 200, it (200|409) \S+, another succeeded$/,
    async play(site) {
      const job = await site.submit(site.clip);
      await site.ended(job);
      return withDamagedRecord(site, job, "result.1.json", "");
    },
  },
  {
    kind: "records",
    what: "the record of a job that runs is empty: it is cancelled",
    wants: /^cancel 20\d, cancelled, delete 20\d$/,
    async play(site) {
      // Behind others, so that it has not ended when it is cancelled.
      const before = await Promise.all([1, 2].map(() => site.submit(site.long)));
      const job = await site.submit(site.long, { execution: { batchFrames: 1 } });
      await writeFile(join(site.objectsDir, "jobs", job, "accepted.json"), "");
      const { status } = await site.ask(`/v1/jobs/${job}/cancel`, { method: "POST" });
      const { state } = await site.ended(job);
      for (const other of before) await site.ended(other);
      const deleted = await site.ask(`/v1/jobs/${job}`, { method: "DELETE" });
      return `cancel ${status}, ${state}, delete ${deleted.status}`;
    },
  },
  {
    kind: "durability",
    what: "the processes are killed one after the other in the middle of a job",
    wants: /^same$/,
    down: true,
    play: (site) =>
      sameAsEver(site, async () => {
        for (const service of ["ingest", "decode", "infer", "track", "index", "api"]) {
          for (const pid of await site.pids(`services/${service}/`)) killNow(pid);
        }
      }),
  },
];
