import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, openAsBlob } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { countFrames, writeClip } from "./clip.ts";
import { freePort } from "@framequeue/service/testing";
import { analyze, launch, leftovers, openWorkshop, type Workshop } from "./product.ts";

async function json(url: string, init?: RequestInit): Promise<any> {
  const answer = await fetch(url, init);
  assert.ok(answer.ok, `${url} answers ${answer.status}`);
  return answer.json();
}

/** Submits a file as a form, as `curl -F file=@…` does. */
async function submit(
  url: string,
  path: string,
  options: object = {},
  name = basename(path),
): Promise<any> {
  const form = new FormData();
  form.append("options", JSON.stringify(options));
  form.append("file", await openAsBlob(path), name);
  return json(`${url}/v1/jobs`, { method: "POST", body: form });
}

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
  const rows = await processes();
  const below = (root: number): typeof rows =>
    rows.filter(({ parent }) => parent === root).flatMap((row) => [row, ...below(row.id)]);
  return below(pid)
    .filter(({ args }) => args.includes(text))
    .map(({ id }) => id);
}

/** Linux tells in /proc, where `ps` may not be installed. */
async function processes(): Promise<{ id: number; parent: number; args: string }[]> {
  if (!existsSync("/proc/self/stat")) {
    const { stdout } = await promisify(execFile)("ps", ["-eo", "pid=,ppid=,args="]);
    return stdout
      .trim()
      .split("\n")
      .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)!)
      .map(([, id, parent, args]) => ({ id: Number(id), parent: Number(parent), args: args! }));
  }
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const rows = await Promise.all(
    ids.map(async (id) => {
      const [stat, args] = await Promise.all([
        readFile(`/proc/${id}/stat`, "utf8"),
        readFile(`/proc/${id}/cmdline`, "utf8"),
      ]).catch(() => ["", ""]); // gone meanwhile
      const parent = Number(/\) \S+ (\d+)/.exec(stat)?.[1] ?? 0);
      return { id: Number(id), parent, args: args.replaceAll("\0", " ") };
    }),
  );
  return rows.filter(({ parent }) => parent !== 0);
}

async function ended(url: string, id: string): Promise<Record<string, any>> {
  for (;;) {
    const view = await json(`${url}/v1/jobs/${id}`);
    if (view.finishedAt !== undefined) return view;
    await sleep(100); // a poll, as any client does
  }
}

test("a file is submitted, its events are followed and every result is downloaded", async () => {
  await using at = await openWorkshop();
  const video = join(at.folder, "walk.mp4");
  await writeClip(video, { seconds: 4 });
  await using system = await startSystem(at);

  const submitted = await submit(system.url, video);
  assert.equal(submitted.source.name, "walk.mp4");
  const events = await (await fetch(`${system.url}/v1/jobs/${submitted.id}/events`)).text();
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
    const answer = await fetch(`${system.url}${view.results[name]}`);
    assert.equal(answer.status, 200);
    await writeFile(join(at.folder, name), await answer.bytes());
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

test("a service that is killed is started again, and its jobs end as if nothing had been", async () => {
  await using at = await openWorkshop();
  const video = join(at.folder, "walk.mp4");
  await writeClip(video, { seconds: 20 });
  await using system = await startSystem(at);
  const execution = { batchFrames: 4, segmentSeconds: 5 };
  const sampled = await submit(system.url, video, {
    ...{ render: false, execution },
    options: { everyNth: 3 },
  });
  const { id } = await submit(system.url, video, { render: false, execution });
  for (const service of ["infer", "decode", "track"]) {
    const before = await json(`${system.url}/v1/jobs/${id}`);
    if (before.finishedAt !== undefined) break;
    for (const pid of await descendants(system.pid, `services/${service}/`))
      process.kill(pid, "SIGKILL");
  }
  for (const [job, more] of [
    [id, []],
    [sampled.id, ["--every-nth", "3"]],
  ] as const) {
    const view = await ended(system.url, job);
    assert.equal(view.state, "succeeded");
    const frames = await (await fetch(`${system.url}${view.results["frames.jsonl"]}`)).text();
    const args = ["walk.mp4", "--model", at.model, "--no-video", "--out", "out", ...more];
    const local = await analyze(at, args);
    assert.equal(local.code, 0, local.stderr);
    assert.equal(frames, await readFile(join(at.folder, "out/walk/frames.jsonl"), "utf8"));
  }
});

test("what cannot be analysed fails with its problem, and a cancelled job leaves nothing to do", async () => {
  await using at = await openWorkshop();
  await writeClip(join(at.folder, "long.mp4"), { seconds: 30 });
  await using system = await startSystem(at);
  const bad = await submit(system.url, at.model, {}, "model.mp4");
  const failed = await ended(system.url, bad.id);
  assert.equal(failed.state, "failed");
  assert.equal(failed.problem.code, "source-not-video");
  assert.match(failed.problem.detail, /model\.mp4/, "the name that the user knows");

  const { id } = await submit(system.url, join(at.folder, "long.mp4"), {
    execution: { batchFrames: 1 },
  });
  for (;;) {
    const { state } = await json(`${system.url}/v1/jobs/${id}`);
    if (state === "running") break;
  }
  await json(`${system.url}/v1/jobs/${id}/cancel`, { method: "POST" });
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
