import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { countFrames, writeClip } from "./clip.ts";
import { analyze, freePort, launch, leftovers, openWorkshop, type Workshop } from "./product.ts";

const run = promisify(execFile);
const curl = async (...args: string[]): Promise<string> =>
  (await run("curl", ["-sS", "--max-time", "120", ...args], { maxBuffer: 1 << 26 })).stdout;

interface RunningSystem extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** Stops it as Ctrl-C does, and answers the exit code. */
  stop(): Promise<number | null>;
}

async function startSystem(at: Workshop): Promise<RunningSystem> {
  const port = await freePort();
  const child = launch(at, ["start", "--model", at.model], {
    FQ_API_PORT: String(port),
    FQ_FRAMES_DIR: join(at.folder, "frames"),
  });
  const exited = once(child, "exit") as Promise<[number | null]>;
  let said = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ready = (async () => {
    for await (const line of createInterface({ input: child.stdout! })) {
      if (line.startsWith("Framequeue is ready")) return;
    }
    throw new Error(`start ended before it was ready: ${said}`);
  })();
  await ready;
  child.stdout!.resume();
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null) process.kill(-child.pid!, "SIGINT");
    return (await exited)[0];
  };
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid!,
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

/** Process ids below `pid` whose command line holds `text`. */
async function descendants(pid: number, text: string): Promise<number[]> {
  const { stdout } = await run("ps", ["-eo", "pid=,ppid=,args="]);
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)!)
    .map(([, id, parent, args]) => ({ id: Number(id), parent: Number(parent), args: args! }));
  const below = (root: number): typeof rows =>
    rows.filter(({ parent }) => parent === root).flatMap((row) => [row, ...below(row.id)]);
  return below(pid)
    .filter(({ args }) => args.includes(text))
    .map(({ id }) => id);
}

async function ended(url: string, id: string): Promise<Record<string, any>> {
  for (;;) {
    const view = JSON.parse(await curl(`${url}/v1/jobs/${id}`));
    if (view.finishedAt !== undefined) return view;
    await sleep(100); // a poll, as any client does
  }
}

test("curl submits a file, follows the events and downloads every result", async () => {
  await using at = await openWorkshop();
  const video = join(at.folder, "walk.mp4");
  await writeClip(video, { seconds: 4 });
  await using system = await startSystem(at);

  const submitted = JSON.parse(await curl("-F", `file=@${video}`, `${system.url}/v1/jobs`));
  assert.equal(submitted.source.name, "walk.mp4");
  const events = await curl("-N", `${system.url}/v1/jobs/${submitted.id}/events`);
  assert.match(events, /event: progress\n/);
  assert.match(events, /event: end\n/, "the stream ends by itself");

  const view = await ended(system.url, submitted.id);
  assert.equal(view.state, "succeeded");
  assert.deepEqual(view.progress, {
    total: 100,
    decoded: 100,
    inferred: 100,
    tracked: 100,
    rendered: 100,
    indexed: true,
  });
  const names = ["annotated.mp4", "frames.jsonl", "mot.txt", "summary.json", "tracks.jsonl"];
  assert.deepEqual(Object.keys(view.results).sort(), names);
  for (const name of names) {
    await curl("-f", "-o", join(at.folder, name), `${system.url}${view.results[name]}`);
  }
  assert.equal((await countFrames(join(at.folder, "annotated.mp4"))).frames, 100);

  // The same bytes as from one process with frames in memory.
  const local = await analyze(at, ["walk.mp4", "--model", at.model, "--no-video", "--out", "out"]);
  assert.equal(local.code, 0, local.stderr);
  for (const name of ["frames.jsonl", "tracks.jsonl", "mot.txt"]) {
    assert.deepEqual(
      await readFile(join(at.folder, name), "utf8"),
      await readFile(join(at.folder, "out/walk", name), "utf8"),
      name,
    );
  }
  const pid = system.pid;
  assert.equal(await system.stop(), 0);
  assert.deepEqual(await descendants(pid, "main.ts"), []);
  assert.deepEqual(await leftovers(at), []);
  assert.deepEqual(await readdir(join(at.folder, "frames")), [], "no pixels are left");
});

test("a service that is killed is started again, and its job ends as if nothing had been", async () => {
  await using at = await openWorkshop();
  const video = join(at.folder, "walk.mp4");
  await writeClip(video, { seconds: 20 });
  await using system = await startSystem(at);
  const options = 'options={"render":false,"execution":{"batchFrames":4}}';
  const { id } = JSON.parse(
    await curl("-F", `file=@${video}`, "-F", options, `${system.url}/v1/jobs`),
  );
  for (const service of ["infer", "decode", "track"]) {
    const before = JSON.parse(await curl(`${system.url}/v1/jobs/${id}`));
    if (before.finishedAt !== undefined) break;
    for (const pid of await descendants(system.pid, `services/${service}/`))
      process.kill(pid, "SIGKILL");
  }
  const view = await ended(system.url, id);
  assert.equal(view.state, "succeeded");
  const frames = await curl(`${system.url}${view.results["frames.jsonl"]}`);

  const local = await analyze(at, ["walk.mp4", "--model", at.model, "--no-video", "--out", "out"]);
  assert.equal(local.code, 0, local.stderr);
  assert.equal(frames, await readFile(join(at.folder, "out/walk/frames.jsonl"), "utf8"));
});

test("what cannot be analysed fails with its problem, and a cancelled job leaves nothing to do", async () => {
  await using at = await openWorkshop();
  await writeClip(join(at.folder, "long.mp4"), { seconds: 30 });
  await using system = await startSystem(at);
  const bad = await run("curl", [
    "-sS",
    "-F",
    `file=@${at.model};filename=model.mp4`,
    `${system.url}/v1/jobs`,
  ]);
  const failed = await ended(system.url, JSON.parse(bad.stdout).id);
  assert.equal(failed.state, "failed");
  assert.equal(failed.problem.code, "source-not-video");
  assert.match(failed.problem.detail, /model\.mp4/, "the name that the user knows");

  const options = 'options={"execution":{"batchFrames":1}}';
  const { id } = JSON.parse(
    await curl(
      "-F",
      `file=@${join(at.folder, "long.mp4")}`,
      "-F",
      options,
      `${system.url}/v1/jobs`,
    ),
  );
  for (;;) {
    const { state } = JSON.parse(await curl(`${system.url}/v1/jobs/${id}`));
    if (state === "running") break;
  }
  await curl("-X", "POST", `${system.url}/v1/jobs/${id}/cancel`);
  const cancelled = await ended(system.url, id);
  assert.equal(cancelled.state, "cancelled");
  for (;;) {
    // Zombies of the job clear away what they hold; the folder is made by the first batch, if there was one.
    const names = await readdir(join(at.folder, "frames"), { recursive: true }).catch(() => []);
    if (!names.some((name) => name.includes(id))) break;
  }
  const objects = await readdir(join(at.folder, "data/objects/jobs", id), { recursive: true });
  assert.deepEqual(objects.sort(), ["accepted.json", "cancelled.json"]);
});
