import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  acceptJob,
  executionOptionsSchema,
  isTerminal,
  type JobId,
  type ModelRef,
} from "@framequeue/contracts";
import { createMemoryFrameStore } from "@framequeue/frames";
import { openPipeline, type Pipeline } from "@framequeue/pipeline";
import { createFolderStore } from "@framequeue/storage";
import { createRandom } from "@framequeue/synth";
import { openChaosRedis } from "../chaos/chaos-redis.ts";
import { writeClip } from "../e2e/clip.ts";
import { type Losses, losePower } from "./power-loss.ts";
import { recordSyncs } from "./record-syncs.ts";

export interface PowerCutOptions {
  readonly seed: number;
  readonly cuts: number;
  /** A folder of its own, which the caller removes. */
  readonly folder: string;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface PowerCutReport {
  readonly jobs: number;
  readonly losses: Losses;
  /** Jobs that did not end as one that nobody disturbed. */
  readonly wrong: readonly string[];
}

const JOBS = 5;
/** More in a row would be a disk that cannot be used, to the jobs. */
const CUTS_OF_A_ROUND = 15;
/** So many more objects, and there is something that may not be on the disk yet. */
const FRESH_OBJECTS = 5;
/** From a start to the next cut. What the dead held comes back in between. */
const [LEAST_CALM_MS, MOST_CALM_MS] = [200, 3_500];
/** Of Redis' file, what was written in its last second, at the most. */
const MOST_CUT_BYTES = 32 * 1024;
const SECONDS = 12;
/** From the last cut of a round until its jobs have ended. */
const PATIENCE_MS = 180_000;

/**
 * Cuts the power of the whole product at random moments while five jobs run: every process is killed, what none had
 * synced is lost in part, and everything starts again. All jobs must end with the bytes of one that was not disturbed.
 */
export async function playPowerCuts(options: PowerCutOptions): Promise<PowerCutReport> {
  const { folder, seed, say, signal } = options;
  const random = createRandom(seed, 0);
  await using resources = new AsyncDisposableStack();
  const objectsDir = join(folder, "objects");
  await mkdir(objectsDir, { recursive: true });
  const redis = resources.use(await openChaosRedis(join(folder, "redis")));
  const objects = createFolderStore(objectsDir);
  const pipeline = resources.use(
    openPipeline({
      redisUrl: redis.url,
      site: "small",
      objects,
      frames: resources.use(createMemoryFrameStore()),
      frameBudgetBytes: 2 ** 28,
      onRedisError: () => {},
    }),
  );
  const video = join(folder, "video.mp4");
  await writeClip(video, { seconds: SECONDS });
  const syncLog = join(folder, "syncs");
  let site: ChildProcess | undefined;
  await recordSyncs(syncLog);
  const start = async (): Promise<ModelRef> => {
    site = fork(join(import.meta.dirname, "site-process.ts"), [folder, redis.url, syncLog], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const [model] = await Promise.race([
      once(site, "message"),
      once(site, "exit").then(() => Promise.reject(new Error("The site did not start."))),
    ]);
    return model as ModelRef;
  };
  const stop = async (): Promise<void> => {
    if (site === undefined || site.exitCode !== null || site.signalCode !== null) return;
    const gone = once(site, "exit");
    site.kill("SIGKILL");
    await gone;
  };
  resources.defer(stop);

  const model = await start();
  const submit = async (segmentSeconds: number): Promise<JobId> => {
    const job = acceptJob({
      source: { kind: "file", path: video, name: "video.mp4" },
      models: [model],
      execution: executionOptionsSchema.parse({ segmentSeconds, batchFrames: 4 }),
      render: false,
    });
    await pipeline.jobs.submit(job);
    return job.id;
  };
  const right = await outcome(pipeline, await submit(2));
  say(`undisturbed: ${right}`);

  const losses: Losses = { gone: 0, emptied: 0, truncated: 0, zeroed: 0 };
  const wrong: string[] = [];
  let jobs = 0;
  let cuts = 0;
  while (cuts < options.cuts) {
    const ids = await Promise.all([2, 2, 4, 0, 2].slice(0, JOBS).map(submit));
    jobs += ids.length;
    const patience = new AbortController();
    const ends = ids.map((id) => outcome(pipeline, id, patience.signal));
    let isOver = false;
    const all = Promise.all(ends).finally(() => (isOver = true));
    for (let cut = 0; cut < CUTS_OF_A_ROUND && cuts < options.cuts; cut++) {
      await untilFresh(objectsDir, () => isOver);
      await sleep(random.integer(LEAST_CALM_MS, MOST_CALM_MS));
      if (isOver) break;
      signal?.throwIfAborted();
      await stop();
      await redis.kill(0, random.chance(0.7) ? random.integer(0, MOST_CUT_BYTES) : 0);
      add(losses, await losePower(objectsDir, syncLog, random));
      await start();
      cuts++;
      say(`cut ${cuts} of ${options.cuts}: ${JSON.stringify(losses)} so far`);
    }
    const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
    const outcomes = await all;
    clearTimeout(timer);
    for (const [i, found] of outcomes.entries()) {
      if (found !== right) wrong.push(`${ids[i]}: ${found}`);
    }
    say(`round over: ${jobs} jobs, ${wrong.length} wrong`);
  }
  return { jobs, losses, wrong };
}

/** Waits until some objects have come: on a busy machine nothing would be lost else. */
async function untilFresh(objectsDir: string, isOver: () => boolean): Promise<void> {
  const count = async (): Promise<number> =>
    (await readdir(objectsDir, { recursive: true }).catch(() => [])).length;
  const before = await count();
  const deadline = performance.now() + PATIENCE_MS;
  while (!isOver() && performance.now() < deadline && (await count()) < before + FRESH_OBJECTS) {
    await sleep(20);
  }
}

function add(sum: Losses, more: Losses): void {
  for (const name of Object.keys(sum) as (keyof Losses)[]) sum[name] += more[name];
}

/** State and hashes of a job once it has ended; Redis may be away meanwhile. */
async function outcome({ jobs }: Pipeline, id: JobId, patience?: AbortSignal): Promise<string> {
  for (;;) {
    const view = await jobs.view(id).catch(() => undefined);
    if (view !== undefined && isTerminal(view.state)) {
      const artifacts = (await jobs.result(id))?.artifacts ?? {};
      const hashes = ["frames.jsonl", "tracks.jsonl", "mot.txt"].map((name) =>
        artifacts[name]?.sha256.slice(0, 12),
      );
      return JSON.stringify([view.state, view.problem?.detail, hashes]);
    }
    if (patience?.aborted) return `it hangs: ${JSON.stringify(view)}`;
    await sleep(50);
  }
}
