import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { availableParallelism, constants } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { openTempFolder, sweepTempFolders, watchForEnd } from "@framequeue/lifetime";
import { endProcesses, processesLeft } from "@framequeue/lifetime/testing";
import { requestedTests } from "./test-files.ts";
import { sourceFiles } from "./workspace.ts";

// npm test [-- FILTER… --node-option=value…]: every test, or those whose path matches a filter. Beyond failing tests
// it fails when no test ran, and when tests left a process running or a file in the temporary folder.

const root = resolve(import.meta.dirname, "..");
const { files, options } = requestedTests(
  process.argv.slice(2),
  sourceFiles(root),
  root,
  process.env["INIT_CWD"] ?? process.cwd(),
);
if (files.length === 0) {
  console.error("no test file matches");
  process.exit(1);
}

// Sockets live in the temporary folder, and their paths may have 104 bytes at most: short names.
await sweepTempFolders();
const run = await openTempFolder("t");
const temporary = join(run.path, "t");
const count = join(run.path, "count");
mkdirSync(temporary);

const child = spawn(
  process.execPath,
  [
    "--test",
    // Most test files wait for a server or for ffmpeg, so that two at a time pay off even on two cores.
    `--test-concurrency=${Math.max(2, Math.floor(availableParallelism() / 2))}`,
    "--test-timeout=180000",
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    `--test-reporter=${pathToFileURL(join(import.meta.dirname, "test-count-reporter.ts")).href}`,
    `--test-reporter-destination=${count}`,
    ...options,
    ...files,
  ],
  {
    cwd: root,
    // Tests start their own Redis; one that the environment names is somebody's.
    // Where npm runs on a Node that keeps what it compiled, that would be left in the temporary folder.
    env: {
      ...process.env,
      TMPDIR: temporary,
      REDIS_URL: undefined,
      NODE_COMPILE_CACHE: join(root, "node_modules/.cache/framequeue"),
    },
    stdio: ["ignore", "inherit", "inherit"],
  },
);
let interrupted = false;
const watch = watchForEnd(({ reason }) => {
  interrupted = true;
  child.kill(reason === "SIGINT" ? reason : "SIGTERM");
});
const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((done, fail) => {
  child.once("error", fail);
  child.once("exit", (...end) => done(end));
});

const faults: string[] = [];
// What a test has just told to end may take a moment; after an interrupt nobody told it.
const patienceMs = interrupted ? 200 : 5_000;
const processes = await processesLeft(`TMPDIR=${temporary}`, patienceMs);
for (const { pid, command } of processes) faults.push(`left running: ${command} (process ${pid})`);
endProcesses(processes);
for (const entry of readdirSync(temporary)) faults.push(`left in the temporary folder: ${entry}`);
if (code === 0 && !(Number(existsSync(count) && readFileSync(count, "utf8")) > 0)) {
  faults.push("no test ran");
}
await run[Symbol.asyncDispose]();
watch[Symbol.dispose]();

for (const fault of faults) console.error(`✖ ${fault}`);
process.exitCode =
  signal === null ? code || Number(faults.length > 0) : 128 + constants.signals[signal];
