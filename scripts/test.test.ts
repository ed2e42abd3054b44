import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import test from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { processesWith } from "@framequeue/lifetime/testing";

const MARKER = `FQ_TEST_OF_TEST_${process.pid}`;

/** Runs the test command in a repository of its own whose only test has this body. */
async function runTests(
  body: string,
  args: readonly string[] = [],
  whileRunning?: (root: string, end: (signal: NodeJS.Signals) => void) => Promise<void>,
): Promise<{ code: number | null; output: string; left: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), "fq-npm-test-"));
  try {
    const root = join(folder, "a b");
    const temporary = join(folder, "tmp");
    mkdirSync(temporary);
    cpSync(import.meta.dirname, join(root, "scripts"), {
      recursive: true,
      filter: (path) => !path.endsWith(".test.ts"),
    });
    mkdirSync(join(root, "node_modules/@framequeue"), { recursive: true });
    symlinkSync(
      join(import.meta.dirname, "../packages/lifetime"),
      join(root, "node_modules/@framequeue/lifetime"),
    );
    writeFileSync(
      join(root, "one.test.ts"),
      `import test from "node:test"; import { spawn } from "node:child_process";
       import { writeFileSync } from "node:fs"; import { tmpdir } from "node:os";
       test("one", async () => { ${body} });`,
    );
    const child = spawn(process.execPath, [join(root, "scripts/test.ts"), ...args], {
      env: {
        ...process.env,
        TMPDIR: temporary,
        INIT_CWD: root,
        NODE_TEST_CONTEXT: undefined,
        [MARKER]: "1",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const streams = Promise.all([text(child.stdout), text(child.stderr)]);
    const exit = once(child, "exit");
    await whileRunning?.(root, (signal) => child.kill(signal));
    const [code] = (await exit) as [number | null];
    return { code, output: (await streams).join("\n"), left: readdirSync(temporary) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("tests that pass and leave nothing", async () => {
  const { code, output, left } = await runTests("");
  assert.equal(code, 0, output);
  assert.match(output, /ℹ tests 1/);
  assert.deepEqual(left, []);
});

test("a failing test", async () => {
  const { code, output } = await runTests("throw new Error('no');");
  assert.equal(code, 1);
  assert.match(output, /ℹ fail 1/);
});

test("a file left in the temporary folder", async () => {
  const { code, output, left } = await runTests("writeFileSync(`${tmpdir()}/fq-forgotten`, '');");
  assert.equal(code, 1);
  assert.match(output, /✖ left in the temporary folder: fq-forgotten/);
  assert.deepEqual(left, []);
});

test("a process left running is named and ended", async () => {
  const { code, output } = await runTests(
    "spawn('sleep', ['987'], { detached: true, stdio: 'ignore' }).unref();",
  );
  assert.equal(code, 1);
  assert.match(output, /✖ left running: sleep 987 \(process \d+\)/);
  assert.deepEqual(processesWith(`${MARKER}=1`), []);
});

test("no test matches the name", async () => {
  const { code, output } = await runTests("", ["--test-name-pattern=two"]);
  assert.equal(code, 1);
  assert.match(output, /✖ no test ran/);
});

test("no file matches the filter", async () => {
  const { code, output } = await runTests("", ["two"]);
  assert.equal(code, 1);
  assert.match(output, /no test file matches/);
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const) {
  test(`${signal} ends the tests and their processes`, async () => {
    const body = `
    const child = spawn('sleep', ['986'], { stdio: 'ignore' });
    writeFileSync("started", String(child.pid));
    await new Promise((done) => child.once('exit', done));`;
    const { code, left } = await runTests(body, [], async (root, end) => {
      while (!existsSync(join(root, "started"))) await delay(10);
      end(signal);
    });
    assert.notEqual(code, 0);
    assert.deepEqual(left, []);
    assert.deepEqual(processesWith(`${MARKER}=1`), []);
  });
}
