import { type ChildProcess, execFileSync } from "node:child_process";
import { once } from "node:events";
import { openAsBlob } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { JobView } from "@framequeue/contracts";
import { atExit } from "@framequeue/lifetime";
import { freePort } from "@framequeue/service/testing";
import { writeClip } from "../e2e/clip.ts";
import { launch, openWorkshop, type Workshop, untilReady } from "../e2e/product.ts";

export const isRoot = process.getuid?.() === 0;
/** Results that do not depend on anything but the video. */
const RESULTS = ["frames.jsonl", "tracks.jsonl", "mot.txt"] as const;
/** Of the file system for temporary files. */
const TEMP_BYTES = 64 * 2 ** 20;
/** How long a process may be silent: long enough for a machine that is busy with other things. */
export const SILENCE_MS = 10_000;

const SETTINGS = {
  FQ_WATCH_SILENCE_MS: String(SILENCE_MS),
  FQ_LOCK_MS: "3000",
  FQ_RECONCILE_MS: "500",
  FQ_ALLOW_PRIVATE_SOURCES: "true",
  FQ_FETCH_IDLE_TIMEOUT_MS: "5000",
  FQ_FETCH_TIMEOUT_MS: "20000",
  FQ_MODEL_CHECK_MS: "8000",
  FQ_RUN_LIMIT_MS: "2000",
  FQ_RUN_MEMORY_BYTES: String(2 ** 29),
};

/** A running `npm start` with a data folder and a port of its own, and the hands of whoever breaks it. */
export interface FaultSite extends AsyncDisposable {
  readonly url: string;
  readonly folder: string;
  readonly dataDir: string;
  readonly objectsDir: string;
  readonly framesDir: string;
  /** Where its temporary files go: a small file system of its own where this process may mount one. */
  readonly temp: string;
  /** Jobs may name the files in it. */
  readonly sourceDir: string;
  /** A clip of 50 frames, and one of 200 that takes a while. */
  readonly clip: string;
  readonly long: string;
  /** What it has written to its log since the case began. */
  said(): readonly string[];
  /** Begins another case: what was said before counts no more. */
  forgetSaid(): void;
  ask(path: string, init?: RequestInit): Promise<Answer>;
  /** Posts a file as a form; answers the job's id. */
  submit(file: string, request?: object): Promise<string>;
  view(job: string): Promise<JobView>;
  /** Until a view is so; a view of a job that has ended is the last. */
  until(job: string, isSo: (view: JobView) => boolean): Promise<JobView>;
  ended(job: string): Promise<JobView>;
  /** The bytes of a job's results, or why there are none. */
  results(job: string): Promise<string>;
  /** Processes of the system whose command line has that in it. */
  pids(text: string): Promise<number[]>;
  /** Ends every process of it at once, as a power cut does, and starts it again after `meanwhile`. */
  powerCut(meanwhile?: () => Promise<void>): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** Where the text is JSON. */
  readonly body: any;
}

export async function openFaultSite(): Promise<FaultSite> {
  await using resources = new AsyncDisposableStack();
  const at = resources.use(await openWorkshop());
  const sourceDir = join(at.folder, "sources");
  const framesDir = join(at.folder, "frames");
  await mkdir(sourceDir);
  const [clip, long] = [join(sourceDir, "clip.mp4"), join(sourceDir, "long.mp4")];
  await writeClip(clip, { seconds: 2 });
  await writeClip(long, { seconds: 8 });
  if (isRoot) mountTemp(at.temp, resources);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = {
    ...SETTINGS,
    FQ_API_PORT: String(port),
    FQ_FRAMES_DIR: framesDir,
    FQ_SOURCE_ROOTS: sourceDir,
  };
  let said: string[] = [];
  const start = (): Promise<System> => startSystem(at, env, (line) => said.push(line));
  let system = await start();
  resources.defer(() => system.stop());
  const held = resources.move();

  const ask = async (path: string, init?: RequestInit): Promise<Answer> => {
    const response = await fetch(`${url}${path}`, init);
    const text = await response.text();
    return { status: response.status, text, body: parsed(text) };
  };
  /** Asks again where something is away, as any client does. */
  const patiently = async (path: string): Promise<Answer> => {
    for (;;) {
      const answer = await ask(path).catch(() => undefined);
      if (answer !== undefined && answer.status !== 503) return answer;
      await sleep(100);
    }
  };
  const view = async (job: string): Promise<JobView> =>
    (await patiently(`/v1/jobs/${job}`)).body as JobView;
  const until = async (job: string, isSo: (view: JobView) => boolean): Promise<JobView> => {
    for (;;) {
      const seen = await view(job);
      if (isSo(seen) || seen.finishedAt !== undefined) return seen;
      await sleep(20);
    }
  };
  const pids = async (text: string): Promise<number[]> => {
    const family = await familyOf(system.pid);
    return family.filter(({ args }) => args.includes(text)).map(({ pid }) => pid);
  };
  return {
    ...{ url, folder: at.folder, framesDir, sourceDir, clip, long, temp: at.temp },
    ...{ ask, view, until, pids },
    dataDir: join(at.folder, "data"),
    objectsDir: join(at.folder, "data/objects"),
    said: () => said,
    forgetSaid: () => void (said = []),
    async submit(file, request = {}) {
      const form = new FormData();
      const options = { render: false, execution: { batchFrames: 4, segmentSeconds: 1 } };
      form.append("options", JSON.stringify({ ...options, ...request }));
      form.append("file", await openAsBlob(file), basename(file));
      const { status, text, body } = await ask("/v1/jobs", { method: "POST", body: form });
      if (status !== 202) throw new Error(`a submission was answered ${status}: ${text}`);
      return body.id;
    },
    ended: (job) => until(job, () => false),
    async results(job) {
      const { state, problem, results } = await view(job);
      if (state !== "succeeded") return `${state} ${problem?.code ?? ""}`.trim();
      const texts: string[] = [];
      for (const name of RESULTS) texts.push((await patiently(results[name]!)).text);
      return texts.join("\n");
    },
    async powerCut(meanwhile) {
      const all = (await familyOf(system.pid)).map(({ pid }) => pid);
      for (const pid of all) killNow(pid);
      await system.gone;
      await meanwhile?.();
      system = await start();
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

interface System {
  readonly pid: number;
  readonly gone: Promise<unknown>;
  stop(): Promise<void>;
}

async function startSystem(
  at: Workshop,
  env: NodeJS.ProcessEnv,
  onLine: (line: string) => void,
): Promise<System> {
  const child: ChildProcess = launch(at, ["start", "--model", at.model], env);
  const gone = once(child, "exit");
  let last = "";
  createInterface({ input: child.stderr! }).on("line", (line) => onLine((last = line)));
  await untilReady(child).catch((error: unknown) => {
    throw new Error(`${String(error)} It said: ${last}`);
  });
  return {
    pid: child.pid!,
    gone,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGINT");
      await gone;
    },
  };
}

function mountTemp(folder: string, resources: AsyncDisposableStack): void {
  const options = `size=${TEMP_BYTES},mode=1777`;
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "framequeue-faults", folder]);
  const unmount = (): void => void execFileSync("umount", ["-l", folder]);
  const exit = atExit(unmount);
  resources.defer(() => {
    unmount();
    exit[Symbol.dispose]();
  });
}

/** A process and all that it started, with what they started. Redis and ffmpeg are among them. */
async function familyOf(root: number): Promise<{ pid: number; args: string }[]> {
  const rows: { pid: number; parent: number; args: string }[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const [stat, args] = await Promise.all(
      ["stat", "cmdline"].map((file) => readFile(`/proc/${name}/${file}`, "utf8").catch(() => "")),
    );
    const parent = Number(/\) \S+ (\d+)/.exec(stat!)?.[1] ?? 0);
    rows.push({ pid: Number(name), parent, args: args!.replaceAll("\0", " ") });
  }
  const found = rows.filter(({ pid }) => pid === root);
  for (const { pid } of found) found.push(...rows.filter(({ parent }) => parent === pid));
  return found;
}

export function killNow(pid: number, signal: NodeJS.Signals = "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has just gone
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
