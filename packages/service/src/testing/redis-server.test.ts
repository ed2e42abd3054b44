import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { test } from "node:test";
import { startRedisServer } from "./redis-server.ts";

test("it answers on its socket and leaves nothing", async () => {
  const redis = await startRedisServer();
  const { pathname } = new URL(redis.url);
  const socket = connect(pathname);
  socket.write("PING\r\n");
  const [answer] = (await once(socket, "data")) as [Buffer];
  assert.equal(answer.toString(), "+PONG\r\n");
  socket.destroy();
  await redis[Symbol.asyncDispose]();
  assert.equal(existsSync(pathname), false);
});
