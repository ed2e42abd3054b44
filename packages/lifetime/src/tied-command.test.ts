import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { tiedCommand } from "./index.ts";

const INDEX = pathToFileURL(join(import.meta.dirname, "index.ts")).href;
const noKernelHelp =
  process.platform === "linux" && existsSync("/usr/bin/setpriv") ? false : "only Linux can do it";

test("a tied program dies with the process that started it", { skip: noKernelHelp }, async () => {
  const script = `
    import { execFile, spawn } from "node:child_process";
    const { tiedCommand } = await import(${JSON.stringify(INDEX)});
    const { program, args } = tiedCommand("sleep", ["985"]);
    console.log(spawn(program, args, { stdio: "ignore" }).pid);
    process.stdin.resume();`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  assert.ok(isRunning(Number(line)));
  child.kill("SIGKILL");
  await exited;
  while (isRunning(Number(line))) await delay(10); // the test's own time limit
});

const noBound =
  process.platform === "linux" && existsSync("/usr/bin/prlimit") ? false : "only Linux can do it";

test("a tied program has no more memory than it is given", { skip: noBound }, async () => {
  const { program, args } = tiedCommand("sh", ["-c", "ulimit -d"], { memoryBytes: 64 << 20 });
  const { stdout } = await promisify(execFile)(program, args);
  assert.equal(stdout, "65536\n");
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
