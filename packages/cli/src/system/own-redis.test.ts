import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startRedisProcess } from "@framequeue/service";
import { createLivenessWatch } from "./liveness-watch.ts";
import { keepOwnRedis } from "./own-redis.ts";

/** A Redis that is kept, and what is said of it. */
async function openScene(silenceMs = 60_000) {
  await using resources = new AsyncDisposableStack();
  const above = await mkdtemp(join(tmpdir(), "fq-own redis-"));
  resources.defer(() => rm(above, { recursive: true }));
  const folder = join(above, "redis");
  const stderr = new PassThrough();
  let said = "";
  stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const watch = resources.use(createLivenessWatch(silenceMs));
  resources.use(await keepOwnRedis({ folder, watch, stderr }));
  const held = resources.move();
  return {
    folder,
    said: () => said,
    /** Asks until it is there to answer. */
    async ask(command: string): Promise<string> {
      for (;;) {
        const answer = await askOnce(join(folder, "redis.sock"), command).catch(() => undefined);
        // While it reads its file it says so.
        if (answer !== undefined && !answer.startsWith("-LOADING")) return answer;
        await sleep(10);
      }
    },
    pid: async () => Number(await readFile(join(folder, "redis.pid"), "utf8")),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

async function askOnce(path: string, command: string): Promise<string> {
  const socket = connect(path);
  try {
    socket.write(`${command}\r\n`);
    // A server that is killed hangs up without an answer.
    const [data] = (await Promise.race([
      once(socket, "data"),
      once(socket, "close").then(() => Promise.reject(new Error("hung up"))),
    ])) as [Buffer];
    return data.toString().trim();
  } finally {
    socket.destroy();
  }
}

test("a Redis that is killed comes back with what it had, and it is said once", async () => {
  await using at = await openScene();
  await at.ask("SET a kept");
  const first = await at.pid();
  process.kill(first, "SIGKILL");
  while ((await at.pid()) === first) await sleep(10);
  assert.equal(await at.ask("GET a"), "$4\r\nkept");
  assert.equal(at.said(), "redis-server ended (SIGKILL) and is started again.\n");
});

test("so does one whose shell was killed: there are never two on one file", async () => {
  await using at = await openScene();
  await at.ask("SET a kept");
  const first = await at.pid();
  const [, shell] = /\) \S+ (\d+)/.exec(await readFile(`/proc/${first}/stat`, "utf8"))!;
  process.kill(Number(shell), "SIGKILL");
  while ((await at.pid()) === first) await sleep(10);
  assert.ok(!(await runs(first)));
  assert.equal(await at.ask("GET a"), "$4\r\nkept");
});

test("a Redis that is stopped is killed and started again", async () => {
  await using at = await openScene(1_500);
  await at.ask("SET a kept");
  const first = await at.pid();
  process.kill(first, "SIGSTOP");
  while ((await at.pid()) === first) await sleep(10);
  assert.equal(await at.ask("GET a"), "$4\r\nkept");
  const second = await at.pid();
  await sleep(2_000);
  assert.equal(await at.pid(), second, "one that answers is left alone");
  const line = "redis-server ended (killed after 1.5 s without an answer) and is started again.\n";
  assert.equal(at.said(), line);
});

test("one that cannot come back says what to do, and is there once that is done", async () => {
  await using at = await openScene();
  await writeFile(join(at.folder, "appendonlydir/appendonly.aof.1.base.rdb"), "no file of Redis");
  process.kill(await at.pid(), "SIGKILL");
  while (!at.said().includes("does not start")) await sleep(10);
  assert.match(at.said(), /Bad file format .* Move .+\/redis aside: jobs that had not ended/);
  await rename(join(at.folder, "appendonlydir"), join(at.folder, "aside"));
  assert.equal(await at.ask("PING"), "+PONG");
  assert.match(at.said(), /\nredis-server is there again\.\n$/);
  assert.equal(at.said().split("does not start").length, 2, "said once");
});

test("one that cannot start at all says what to do", async () => {
  const above = await mkdtemp(join(tmpdir(), "fq-own-redis-"));
  try {
    const folder = join(above, "redis");
    await (await startRedisProcess({ folder, persistent: true }))[Symbol.asyncDispose]();
    await writeFile(join(folder, "appendonlydir/appendonly.aof.1.base.rdb"), "no file of Redis");
    using watch = createLivenessWatch(60_000);
    await assert.rejects(keepOwnRedis({ folder, watch, stderr: new PassThrough() }), {
      code: "queue-unavailable",
      message: /^redis-server does not start: Bad file format.* Move \S+\/redis aside/,
    });
  } finally {
    await rm(above, { recursive: true });
  }
});

/** One that nobody has waited for yet is as good as gone. */
async function runs(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return /\) [^ZX] /.test(stat);
}
