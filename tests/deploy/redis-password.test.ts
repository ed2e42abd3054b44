import assert from "node:assert/strict";
import { test } from "node:test";
import { connectRedis } from "@framequeue/pipeline";
import { readRedisUrl } from "@framequeue/service";
import { freePort, startRedisServer } from "@framequeue/service/testing";

const PASSWORD = "p@ss:w/rd?#%41&100%=of";

test("a Redis that wants a password is reached by an address and a password", async () => {
  await using server = await startRedisServer();
  const port = String(await freePort());
  const inside = connectRedis(server.url);
  await inside.config("SET", "port", port);
  await inside.config("SET", "requirepass", PASSWORD);
  inside.disconnect();
  const address = { REDIS_URL: `redis://127.0.0.1:${port}` };
  const redis = connectRedis(readRedisUrl({ ...address, REDIS_PASSWORD: PASSWORD })!);
  try {
    assert.equal(await redis.ping(), "PONG");
  } finally {
    redis.disconnect();
  }
  const stranger = connectRedis(readRedisUrl(address)!);
  stranger.on("error", () => {});
  try {
    await assert.rejects(stranger.ping(), /NOAUTH/);
  } finally {
    stranger.disconnect();
  }
});
