import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "@framequeue/service/testing";
import { endProcesses, processesWith } from "@framequeue/lifetime/testing";
import { writeClip } from "./clip.ts";
import { finish, launch, leftovers, openWorkshop, ROOT, type Workshop } from "./product.ts";

// Every way in which a command can be told to end, or loses what it needs: it ends, and nothing of it is left, neither a
// process nor a file. What is killed leaves files that the next run removes.

/** Processes that a command of this workshop started, itself included. */
const running = (at: Workshop) => processesWith(`TMPDIR=${at.temp}`);

/** Waits until no process of the workshop runs; the test's own time limit is the patience. */
async function untilAlone(at: Workshop): Promise<void> {
  while (running(at).length > 0) await sleep(50);
}

async function untilDecoding(at: Workshop): Promise<void> {
  for (;;) {
    const names = await readdir(at.temp, { recursive: true }).catch(() => []);
    if (names.some((name) => name.includes("/infer/"))) return;
    await sleep(20);
  }
}

/** Lets nothing of a test that fails run on. */
async function withWorkshop(body: (at: Workshop) => Promise<void>): Promise<void> {
  await using at = await openWorkshop();
  try {
    await body(at);
  } finally {
    endProcesses(running(at));
  }
}

async function startLong(at: Workshop): Promise<ChildProcess> {
  await writeClip(join(at.folder, "long.mp4"), { seconds: 60 });
  const args = ["analyze", "long.mp4", "--model", at.model, "--no-video", "--batch", "1"];
  return launch(at, [...args, "--frame-store", "file"]);
}

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
  ["SIGQUIT", 131],
] as const) {
  test(`${signal} ends analyze, also where it comes twice at once`, () =>
    withWorkshop(async (at) => {
      const child = await startLong(at);
      const finished = finish(child);
      await untilDecoding(at);
      // npm passes on what the terminal has sent already.
      child.kill(signal);
      child.kill(signal);
      const run = await finished;
      assert.equal(run.code, code, run.stderr);
      assert.doesNotMatch(run.stderr, /\n\s+at /, "no stack trace");
      await untilAlone(at);
      assert.deepEqual(await leftovers(at), []);
    }));
}

test("what a killed run leaves is removed by the next", () =>
  withWorkshop(async (at) => {
    const child = await startLong(at);
    const finished = finish(child);
    await untilDecoding(at);
    child.kill("SIGKILL");
    await finished;
    await untilAlone(at); // its Redis and its ffmpeg notice by themselves
    assert.notDeepEqual(await leftovers(at), []);
    await writeClip(join(at.folder, "short.mp4"), { seconds: 1 });
    const next = await finish(
      launch(at, ["analyze", "short.mp4", "--model", at.model, "--no-video"]),
    );
    assert.equal(next.code, 0, next.stderr);
    assert.deepEqual(await leftovers(at), []);
  }));

test("a reader that has seen enough ends a command quietly", () =>
  withWorkshop(async (at) => {
    for (const name of ["a.mp4", "b.mp4", "c.mp4"]) {
      await writeClip(join(at.folder, name), { seconds: 1 });
    }
    const child = launch(at, [
      ...["analyze", "a.mp4", "b.mp4", "c.mp4", "--json"],
      ...["--no-video", "--model", at.model],
    ]);
    let errors = "";
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (errors += text));
    await once(child.stdout!, "data");
    child.stdout!.destroy();
    const [code] = (await once(child, "exit")) as [number];
    assert.equal(code, 141, errors);
    assert.doesNotMatch(errors, /EPIPE|Stopped|\n\s+at /, "quietly");
    await untilAlone(at);
    assert.deepEqual(await leftovers(at), []);
  }));

/** Starts `npm …` as its users do; resolves once the system, or the analysis, is at work. */
async function launchNpm(at: Workshop, script: "start" | "analyze"): Promise<ChildProcess> {
  const port = await freePort();
  const args =
    script === "start"
      ? ["start", "--", "--model", at.model]
      : ["run", "analyze", "--", "long.mp4", "--model", at.model, "--no-video", "--batch", "1"];
  await writeClip(join(at.folder, "long.mp4"), { seconds: 60 });
  const child = spawn("npm", ["--prefix", ROOT, ...args], {
    cwd: at.folder,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: npmEnv(at, port),
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  if (script === "analyze") {
    child.stdout.resume();
    await untilDecoding(at);
    return child;
  }
  for await (const text of child.stdout.setEncoding("utf8")) {
    if ((text as string).includes("Framequeue is ready")) break;
  }
  assert.equal(child.exitCode, null, said);
  return child;
}

function npmEnv(at: Workshop, port: number): NodeJS.ProcessEnv {
  return {
    ...process.env,
    TMPDIR: at.temp,
    FQ_DATA_DIR: join(at.folder, "data"),
    FQ_API_PORT: String(port),
    FQ_FRAMES_DIR: join(at.folder, "frames"),
    // As from a shell, not from the npm that runs the tests.
    npm_lifecycle_event: undefined,
    INIT_CWD: undefined,
  };
}

for (const script of ["start", "analyze"] as const) {
  // npm passes on the first two; of the others only its end can be seen.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGKILL"] as const) {
    test(`${signal} to npm ends ${script}`, () =>
      withWorkshop(async (at) => {
        const npm = await launchNpm(at, script);
        const exited = once(npm, "exit");
        npm.kill(signal);
        await exited;
        await untilAlone(at);
        assert.deepEqual(await leftovers(at), []);
      }));
  }
}

test("a system that was killed, npm and all, ends by itself", () =>
  withWorkshop(async (at) => {
    const npm = await launchNpm(at, "start");
    process.kill(-npm.pid!, "SIGKILL");
    await untilAlone(at);
  }));

const script = hasScript() ? false : "script (bsdutils) is not installed";
test("a terminal that is closed ends what runs in it", { skip: script }, () =>
  withWorkshop(async (at) => {
    await writeClip(join(at.folder, "long.mp4"), { seconds: 60 });
    const command = `npm --prefix '${ROOT}' run analyze -- long.mp4 --model '${at.model}' --no-video --batch 1`;
    const terminal = spawn("script", ["-qec", command, "/dev/null"], {
      cwd: at.folder,
      stdio: ["pipe", "ignore", "ignore"],
      env: npmEnv(at, 0),
    });
    const closed = once(terminal, "exit");
    await untilDecoding(at);
    terminal.kill("SIGKILL"); // the other side of the terminal is gone
    await closed;
    await untilAlone(at);
    assert.deepEqual(await leftovers(at), []);
  }),
);

function hasScript(): boolean {
  try {
    execFileSync("script", ["--version"], { stdio: "ignore" });
    return process.platform === "linux";
  } catch {
    return false;
  }
}
