import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { isTerminal, type JobView } from "@framequeue/contracts";
import { freePort } from "@framequeue/service/testing";

const MAIN = resolve(import.meta.dirname, "../../../packages/cli/src/main.ts");
const POLL_MS = 200;

export interface StartedSystem extends AsyncDisposable {
  readonly pid: number;
  readonly redisSocket: string;
  readonly framesDir: string;
  /** Where each process answers for its metrics, by its name. */
  health(): Promise<Readonly<Record<string, string>>>;
  /** Runs the main job without rendering on a file beside the data folder; answers the finished job. */
  run(video: string): Promise<{ readonly state: string; readonly frames: number }>;
}

/** The product as `npm start` runs it: a process per service, on a data folder of its own. */
export async function startSystem(
  folder: string,
  model: string,
  more: { readonly args?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<StartedSystem> {
  const port = await freePort();
  const data = join(folder, "data");
  const framesDir = join(folder, "frames");
  const child = spawn(process.execPath, [MAIN, "start", "--model", model, ...(more.args ?? [])], {
    // With a channel to this process: it ends when this one is gone.
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    env: {
      ...process.env,
      FQ_DATA_DIR: data,
      FQ_FRAMES_DIR: framesDir,
      FQ_API_PORT: String(port),
      FQ_SOURCE_ROOTS: dirname(model),
      // Its own, whatever the environment names.
      REDIS_URL: undefined,
      FQ_FRAME_STORE: undefined,
      ...more.env,
    },
  });
  const exited = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await exited;
  };
  let ready = false;
  for await (const line of createInterface({ input: child.stdout! })) {
    ready = line.startsWith("Framequeue is ready");
    if (ready) break;
  }
  if (!ready) throw new Error("The system did not start.");
  child.stdout!.resume();
  const api = `http://127.0.0.1:${port}/v1/jobs`;
  return {
    pid: child.pid!,
    redisSocket: join(data, "redis", "redis.sock"),
    framesDir,
    async health() {
      const file = await readFile(join(data, "metrics-targets.json"), "utf8");
      const groups = JSON.parse(file) as { targets: [string]; labels: { instance: string } }[];
      return Object.fromEntries(
        groups.map(({ targets, labels }) => [labels.instance, `http://${targets[0]}`]),
      );
    },
    async run(video) {
      const submitted = await json<{ id: string }>(api, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ source: { path: video }, render: false }),
      });
      for (;;) {
        const job = await json<JobView>(`${api}/${submitted.id}`);
        if (isTerminal(job.state)) {
          return { state: job.state, frames: job.progress.tracked };
        }
        await sleep(POLL_MS);
      }
    },
    [Symbol.asyncDispose]: stop,
  };
}

async function json<T>(url: string, init?: RequestInit): Promise<T> {
  const answer = await fetch(url, init);
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}
