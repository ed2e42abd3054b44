import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT } from "../e2e/product.ts";

const MAIN = join(ROOT, "packages/cli/src/main.ts");
/** Files that are the same bytes whatever happens. */
const FILES = ["frames.jsonl", "tracks.jsonl", "mot.txt"];
/** A segment whose decoder fails three times without progress is given up, which is another result. */
const MOST_KILLS = 2;

export interface RunTerms {
  /** As `taskset -c` takes them. */
  readonly cores: string;
  readonly segmentSeconds: number;
  /** Kill decoders as they work. */
  readonly kills: boolean;
}

/** How a video came out: its state and frames, and a hash over its result files. */
export interface Outcome {
  readonly state: string;
  readonly frames: number;
  readonly sha256: string;
}

/** Analyses all videos in one process; answers the outcomes by path, and how many decoders were killed. */
export async function runOnce(
  videos: readonly string[],
  model: string,
  out: string,
  { cores, segmentSeconds, kills }: RunTerms,
  signal: AbortSignal,
): Promise<{ outcomes: Map<string, Outcome>; killed: number }> {
  const options = ["--model", model, "--out", out, "--no-video", "--json"];
  const child = spawn(
    "taskset",
    [
      ...["-c", cores, process.execPath, MAIN, "analyze", ...videos, ...options],
      ...["--segment-seconds", String(segmentSeconds)],
    ],
    { stdio: ["ignore", "pipe", "ignore"], env: { ...process.env, INIT_CWD: ROOT } },
  );
  const over = new AbortController();
  const killing = kills ? killDecoders(child.pid!, over.signal) : Promise.resolve(0);
  const stop = (): void => void child.kill("SIGTERM");
  signal.addEventListener("abort", stop, { once: true });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  await once(child, "close");
  over.abort();
  signal.removeEventListener("abort", stop);
  signal.throwIfAborted();
  const outcomes = new Map<string, Outcome>();
  for (const line of text.trim().split("\n")) {
    const { source, state, frames = 0, artifacts = {} } = JSON.parse(line);
    const hash = createHash("sha256");
    for (const name of FILES) if (artifacts[name]) hash.update(await readFile(artifacts[name]));
    outcomes.set(source, { state, frames, sha256: hash.digest("hex").slice(0, 12) });
  }
  return { outcomes, killed: await killing };
}

/** Kills each decoder of a process a few times, soon after it began. */
async function killDecoders(pid: number, signal: AbortSignal): Promise<number> {
  const kills = new Map<string, number>();
  const seen = new Set<number>();
  while (!signal.aborted) {
    for (const child of await childrenOf(pid)) {
      if (seen.has(child.pid) || !child.command.includes("rawvideo")) continue;
      seen.add(child.pid);
      const source = basename(/(?:file:|,,:)([^\0]+)/.exec(child.command)?.[1] ?? "");
      const before = kills.get(source) ?? 0;
      if (before >= MOST_KILLS) continue;
      kills.set(source, before + 1);
      await sleep(before * 30);
      try {
        process.kill(child.pid, "SIGKILL");
      } catch {
        // It was done before.
      }
    }
    await sleep(5, undefined, { signal }).catch(() => undefined);
  }
  return [...kills.values()].reduce((sum, count) => sum + count, 0);
}

async function childrenOf(pid: number): Promise<{ pid: number; command: string }[]> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = tasks.map((task) => read(`/proc/${pid}/task/${task}/children`));
  const pids = (await Promise.all(lists)).join(" ").split(" ").filter(Boolean).map(Number);
  return await Promise.all(
    pids.map(async (each) => ({ pid: each, command: await read(`/proc/${each}/cmdline`) })),
  );
}

async function read(path: string): Promise<string> {
  return await readFile(path, "utf8").catch(() => "");
}
