import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { startRedisServer } from "@framequeue/service/testing";
import { connectRedis, luaScript } from "./redis.ts";

test("a script runs on a connection that broke meanwhile, and on a server that never saw it", async () => {
  await using server = await startRedisServer();
  const redis = connectRedis(server.url);
  const other = connectRedis(server.url);
  try {
    const lua = "return redis.call('INCR', KEYS[1])";
    const count = luaScript(redis, lua, createHash("sha1").update(lua).digest("hex"));
    assert.equal(await count(["n"], []), 1);
    assert.equal(await count(["n"], []), 2);
    await other.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    assert.equal(await count(["n"], []), 3);
    await other.script("FLUSH");
    assert.equal(await count(["n"], []), 4);
    const broken = luaScript(redis, "return nonsense.x", "0".repeat(40));
    await assert.rejects(broken([], []), /nonsense/);
  } finally {
    redis.disconnect();
    other.disconnect();
  }
});
