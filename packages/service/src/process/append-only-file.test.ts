import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startRedisProcess } from "./redis-process.ts";

/** Sends commands to a Redis on the folder's data, one after the other, and answers the last answer. */
async function run(folder: string, ...commands: string[]): Promise<string> {
  await using redis = await startRedisProcess({ folder, persistent: true });
  const socket = connect(new URL(redis.url).pathname);
  let answer = "";
  for (const command of commands) {
    socket.write(`${command}\r\n`);
    const [data] = (await once(socket, "data")) as [Buffer];
    answer = data.toString().trim();
  }
  socket.destroy();
  return answer;
}

const words = (...all: string[]): string =>
  `*${all.length}\r\n${all.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;

test("a transaction that a crash cut in two never happens, whatever is written behind it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fq-aof-"));
  try {
    await run(folder, "SET a 1");
    const files = join(folder, "appendonlydir");
    const name = (await readdir(files)).find((each) => each.endsWith(".incr.aof"))!;
    const torn = words("MULTI") + words("INCR", "a") + words("INCR", "a").slice(0, -5);
    await appendFile(join(files, name), torn);
    assert.equal(await run(folder, "MULTI", "SET b 1", "INCR b", "EXEC", "GET a"), "$1\r\n1");
    assert.equal(await run(folder, "GET a"), "$1\r\n1");
    assert.equal(await run(folder, "GET b"), "$1\r\n2");
  } finally {
    await rm(folder, { recursive: true });
  }
});
