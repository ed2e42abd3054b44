import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { testDetector } from "@framequeue/graphs";

export const ROOT = resolve(import.meta.dirname, "../..");
const MAIN = join(ROOT, "packages/cli/src/main.ts");

/** A folder for one test, with a model in it, that is removed at the end. */
export interface Workshop extends AsyncDisposable {
  readonly folder: string;
  readonly model: string;
  /** Where the product's own temporary files go, so that a test can see that none is left. */
  readonly temp: string;
}

export async function openWorkshop(): Promise<Workshop> {
  // A blank in the path, because users have them.
  const folder = await mkdtemp(join(tmpdir(), "fq-e2e "));
  const temp = await mkdtemp(join(tmpdir(), "fq-e2e-tmp-"));
  const model = join(folder, "blocks.onnx");
  await writeFile(model, testDetector({ width: 416, height: 416, batch: 1 }));
  return {
    folder,
    model,
    temp,
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
      await rm(temp, { recursive: true, force: true });
    },
  };
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a command of the product in its own process group, as a terminal would. */
export function launch(
  at: Workshop,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], {
    cwd: at.folder,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      INIT_CWD: at.folder,
      TMPDIR: at.temp,
      FQ_DATA_DIR: join(at.folder, "data"),
      ...env,
    },
  });
}

/**
 * Waits until `npm start` says that it is ready; what it prints after that is passed over.
 *
 * @throws Error where it ends before
 */
export async function untilReady(child: ChildProcess): Promise<void> {
  for await (const line of createInterface({ input: child.stdout! })) {
    if (!line.startsWith("Framequeue is ready")) continue;
    child.stdout!.resume();
    return;
  }
  throw new Error("npm start ended before it was ready.");
}

export async function finish(child: ChildProcess): Promise<Finished> {
  let [stdout, stderr] = ["", ""];
  child.stdout!.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

export function analyze(at: Workshop, args: readonly string[]): Promise<Finished> {
  return finish(launch(at, ["analyze", ...args]));
}

/** What a finished command left among temporary files: there must be nothing. */
export function leftovers(at: Workshop): Promise<string[]> {
  return readdir(at.temp);
}
