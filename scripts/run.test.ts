import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import test, { type TestContext } from "node:test";

/** A repository in a folder with a space, with `entry.ts` as its program and this Node as the workspace's own. */
function repository(t: TestContext, program: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "fq-run-")));
  t.after(() => rmSync(folder, { recursive: true }));
  const root = join(folder, "my work");
  for (const below of ["scripts", "clips", "node_modules/node-x/bin", "node_modules/.bin"]) {
    mkdirSync(join(root, below), { recursive: true });
  }
  cpSync(join(import.meta.dirname, "run.sh"), join(root, "scripts/run.sh"));
  cpSync(join(import.meta.dirname, "setup.sh"), join(root, "scripts/setup.sh"));
  symlinkSync(process.execPath, join(root, "node_modules/node-x/bin/node"));
  writeFileSync(join(root, "entry.ts"), program);
  return root;
}

function start(root: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}) {
  return spawn("sh", [join(root, "scripts/run.sh"), "entry.ts", ...args], {
    cwd,
    env: {
      ...process.env,
      FQ_SKIP_SETUP: "1",
      INIT_CWD: undefined,
      NODE_OPTIONS: undefined,
      NODE_TEST_CONTEXT: undefined,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

const REPORT = `
import { delimiter } from "node:path";
const report: object = {
  args: process.argv.slice(2), cwd: process.cwd(), caller: process.env["INIT_CWD"],
  path: process.env["PATH"]?.split(delimiter)[0], options: process.env["NODE_OPTIONS"], pid: process.pid,
};
console.log(JSON.stringify(report));`;

test("arguments, folder, path and process", async (t) => {
  const root = repository(t, REPORT);
  const child = start(root, ["a b", "--json", "", "*"], join(root, "clips"), {
    NODE_OPTIONS: "--no-deprecation",
  });
  const streams = Promise.all([text(child.stdout), text(child.stderr)]);
  assert.deepEqual(await once(child, "exit"), [0, null]);
  const [stdout, stderr] = await streams;
  assert.equal(stderr, "");
  assert.deepEqual(JSON.parse(stdout), {
    args: ["a b", "--json", "", "*"],
    cwd: join(root, "clips"),
    caller: join(root, "clips"),
    path: join(root, "node_modules/.bin"),
    options: "--disable-warning=ExperimentalWarning --no-deprecation",
    pid: child.pid,
  });
});

test("under npm, which starts in the repository, the caller's folder counts", async (t) => {
  const root = repository(t, REPORT);
  const child = start(root, [], root, { INIT_CWD: join(root, "clips") });
  const { cwd, caller } = JSON.parse(await text(child.stdout)) as { cwd: string; caller: string };
  assert.deepEqual([cwd, caller], [join(root, "clips"), join(root, "clips")]);
});

test("outside npm an inherited INIT_CWD does not", async (t) => {
  const root = repository(t, REPORT);
  const child = start(root, [], join(root, "clips"), { INIT_CWD: root });
  const { cwd } = JSON.parse(await text(child.stdout)) as { cwd: string };
  assert.equal(cwd, join(root, "clips"));
});

test("the exit status is the program's", async (t) => {
  const root = repository(t, "process.exit(7);");
  assert.deepEqual(await once(start(root, [], root), "exit"), [7, null]);
});

test("signals reach the program", async (t) => {
  const root = repository(
    t,
    `process.on("SIGTERM", () => process.exit(9)); setInterval(() => {}, 1000); console.log("ready");`,
  );
  const child = start(root, [], root);
  await once(child.stdout, "data");
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [9, null]);
});

test("a set-up that fails stops the run with its status", async (t) => {
  const root = repository(t, REPORT);
  writeFileSync(join(root, "scripts/setup.sh"), "echo no >&2; exit 3");
  const child = start(root, [], root);
  assert.equal(await text(child.stdout), "");
  assert.equal(child.exitCode ?? (await once(child, "exit"))[0], 3);
});
