import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { FaultCase } from "../fault-case.ts";
import { type FaultSite, killNow, SILENCE_MS } from "../fault-site.ts";
import { sameAsEver } from "./same-as-ever.ts";

/** What the log says of a process that ended, and how often. */
function lines(site: FaultSite, start: string): string {
  const found = site
    .said()
    .filter((line) => line.startsWith(start) && line.includes(" is started again."));
  return found.length === 0 ? "nothing said" : `said ${found.length}: ${found[0]}`;
}

const silent = `killed after ${SILENCE_MS / 1_000} s without an answer`;

function stopped(service: string): FaultCase {
  return {
    kind: "watching",
    what: `${service} is stopped in the middle of a job`,
    wants: new RegExp(`^same, said 1: ${service} ended \\(${silent}\\) and is started again\\.$`),
    down: true,
    async play(site) {
      const end = await sameAsEver(site, async () => {
        for (const pid of await site.pids(`services/${service}/`)) killNow(pid, "SIGSTOP");
      });
      while (!site.said().some((line) => line.startsWith(`${service} ended`))) await sleep(50);
      return `${end}, ${lines(site, `${service} ended`)}`;
    },
  };
}

export const WATCHING: readonly FaultCase[] = [
  {
    kind: "watching",
    what: "redis-server is killed in the middle of a job",
    wants: /^same, said 1: redis-server ended \(SIGKILL\) and is started again\.$/,
    down: true,
    quick: true,
    async play(site) {
      const end = await sameAsEver(site, async () => {
        killNow(Number(await readFile(join(site.dataDir, "redis/redis.pid"), "utf8")));
      });
      return `${end}, ${lines(site, "redis-server ended")}`;
    },
  },
  {
    kind: "watching",
    what: "redis-server is stopped in the middle of a job",
    wants: new RegExp(`^same, said 1: redis-server ended \\(${silent}\\) and is started again\\.$`),
    down: true,
    async play(site) {
      const end = await sameAsEver(site, async () => {
        killNow(Number(await readFile(join(site.dataDir, "redis/redis.pid"), "utf8")), "SIGSTOP");
      });
      return `${end}, ${lines(site, "redis-server ended")}`;
    },
  },
  stopped("infer"),
  stopped("decode"),
  stopped("track"),
  stopped("api"),
  stopped("ingest"),
  {
    kind: "watching",
    what: "npm start itself is stopped for longer than a silence, and goes on",
    wants: /^same, nothing said$/,
    async play(site) {
      const end = await sameAsEver(site, async () => {
        const [pid] = await site.pids("cli/src/main.ts");
        killNow(pid!, "SIGSTOP");
        await sleep(1.2 * SILENCE_MS);
        killNow(pid!, "SIGCONT");
      });
      return `${end}, ${lines(site, "")}`;
    },
  },
  {
    kind: "watching",
    what: "after a power cut the first process of the system has the number of the last start",
    wants: /^same$/,
    down: true,
    play: (site) =>
      sameAsEver(site, () =>
        site.powerCut(async () => {
          const path = join(site.dataDir, ".start/.framequeue-process");
          const mark = JSON.parse(await readFile(path, "utf8")) as { host: string };
          const began = "00000000-0000-4000-8000-000000000000 1";
          await writeFile(path, JSON.stringify({ ...mark, pid: 1, began }));
        }),
      ),
  },
  {
    kind: "watching",
    what: "a power cut leaves the mark of the last start empty",
    wants: /^same$/,
    down: true,
    play: (site) =>
      sameAsEver(site, () =>
        site.powerCut(() => writeFile(join(site.dataDir, ".start/.framequeue-process"), "")),
      ),
  },
];
