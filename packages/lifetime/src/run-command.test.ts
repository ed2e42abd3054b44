import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const INDEX = pathToFileURL(join(import.meta.dirname, "index.ts")).href;

/** Runs a command whose body is given, with a temporary folder open, until it has said "ready". */
async function command(body: string, options = "") {
  const temp = await mkdtemp(join(tmpdir(), "fq-commands-"));
  const script = `
    const { openTempFolder, runCommand } = await import(${JSON.stringify(INDEX)});
    await runCommand(async ({ signal }) => {
      await using folder = await openTempFolder("own");
      console.log("ready");
      ${body}
    }, { stopped: () => new Error("Stopped."), ${options} });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TMPDIR: temp },
  });
  const exited = once(child, "exit") as Promise<[number | null]>;
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  await once(createInterface({ input: child.stdout }), "line");
  return {
    child,
    exited,
    errors: () => errors,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
      const left = await readdir(temp);
      await rm(temp, { recursive: true });
      assert.deepEqual(left, []);
    },
  };
}

const DEAF = "await new Promise((done) => setTimeout(done, 1e9));";
const HEARING = `await new Promise((_, fail) => {
  const alive = setInterval(() => {}, 1e9);
  signal.addEventListener("abort", () => { clearInterval(alive); fail(signal.reason); });
});`;

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
  ["SIGQUIT", 131],
] as const) {
  test(`${signal} ends a command that listens`, async () => {
    await using run = await command(HEARING);
    run.child.kill(signal);
    assert.equal((await run.exited)[0], code);
    assert.equal(run.errors(), "Stopped.\n");
  });
}

test("a command that does not listen ends with the second request, which is none at the first's heels", async () => {
  await using run = await command(DEAF);
  run.child.kill("SIGINT");
  run.child.kill("SIGINT");
  const early = await Promise.race([run.exited, sleep(300, "lives")]);
  assert.equal(early, "lives");
  await sleep(500); // now it is another request
  run.child.kill("SIGTERM");
  assert.equal((await run.exited)[0], 143 - 15 + 2, "the first one's code");
});

test("one that cannot be told ends at once", async () => {
  await using run = await command(DEAF, "graceMs: 0");
  run.child.kill("SIGTERM");
  assert.equal((await run.exited)[0], 143);
});

test("a reader that is gone ends a command without a word", async () => {
  await using run = await command(`const t = setInterval(() => console.log("row"), 5);
    signal.addEventListener("abort", () => clearInterval(t)); ${HEARING}`);
  run.child.stdout.destroy();
  assert.equal((await run.exited)[0], 141);
  assert.equal(run.errors(), "");
});

test("what is said to nobody does not end it", async () => {
  await using run = await command(
    `for (let i = 0; i < 20; i++) { console.error("x"); await new Promise((d) => setTimeout(d, 5)); }
     return 7;`,
  );
  run.child.stderr.destroy();
  assert.equal((await run.exited)[0], 7);
});
