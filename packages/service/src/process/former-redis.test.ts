import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { endFormerRedis } from "./former-redis.ts";
import { startRedisProcess } from "./redis-process.ts";

const MODULE = pathToFileURL(join(import.meta.dirname, "redis-process.ts")).href;

test("a Redis whose parent was killed with it stopped does not run beside the next one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fq-former-"));
  const script = `
    const { startRedisProcess } = await import(${JSON.stringify(MODULE)});
    await startRedisProcess({ folder: ${JSON.stringify(folder)}, persistent: true });
    console.log("ready"); setInterval(() => {}, 1e6);`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await once(createInterface({ input: parent.stdout }), "line");
    const former = Number(await readFile(join(folder, "redis.pid"), "utf8"));
    process.kill(former, "SIGSTOP");
    parent.kill("SIGKILL");
    await once(parent, "exit");
    assert.ok(existsSync(`/proc/${former}`), "it is there, and cannot hear");
    await using redis = await startRedisProcess({ folder, persistent: true });
    void redis;
    assert.notEqual(Number(await readFile(join(folder, "redis.pid"), "utf8")), former);
    assert.ok(!(await runs(former)));
  } finally {
    parent.kill("SIGKILL");
    await rm(folder, { recursive: true });
  }
});

test("what has the number of a former Redis and is none is left alone", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fq-former-"));
  const other = spawn("sleep", ["60"], { cwd: folder });
  try {
    for (const pid of [other.pid, process.pid, 1, 0, -1, "none", ""]) {
      await writeFile(join(folder, "redis.pid"), String(pid));
      await endFormerRedis(folder);
    }
    assert.equal(other.exitCode ?? other.signalCode, null);
  } finally {
    other.kill();
    await rm(folder, { recursive: true });
  }
});

/** One that nobody has waited for yet is as good as gone. */
async function runs(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return /\) [^ZX] /.test(stat);
}
