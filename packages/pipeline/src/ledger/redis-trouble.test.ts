import assert from "node:assert/strict";
import { test } from "node:test";
import { ProblemError } from "@framequeue/contracts";
import { startRedisServer } from "@framequeue/service/testing";
import { connectRedis } from "./redis.ts";
import { blameOf } from "../protocol/blame.ts";
import { redisTrouble } from "./redis-trouble.ts";

const LUA = "redis.call('SET', KEYS[1], ARGV[1]) return 1";

test("what a full Redis or a replica answers is trouble of Redis's, also from inside a script", async () => {
  await using server = await startRedisServer();
  const redis = connectRedis(server.url);
  const refusal = async (): Promise<unknown[]> => {
    const calls = [redis.set("k", "v"), redis.eval(LUA, 1, "k", "v")];
    return (await Promise.allSettled(calls)).map((end) =>
      end.status === "rejected" ? (end.reason as unknown) : undefined,
    );
  };
  try {
    await redis.config("SET", "maxmemory", "1");
    const full = await refusal();
    await redis.config("SET", "maxmemory", "0");
    await redis.replicaof("127.0.0.1", 1);
    const replica = await refusal();
    await redis.replicaof("NO", "ONE");
    for (const error of [...full, ...replica]) {
      assert.equal(redisTrouble(error)?.code, "queue-unavailable", String(error));
      assert.equal(blameOf(error), "outage");
    }
    assert.deepEqual(await refusal(), [undefined, undefined]);
    const wrong = await redis.eval("return nonsense.x", 0).catch((error: unknown) => error);
    assert.equal(redisTrouble(wrong), undefined);
  } finally {
    redis.disconnect();
  }
  const closed = await redis.get("k").catch((error: unknown) => error);
  assert.equal(redisTrouble(closed)?.code, "queue-unavailable");
});

test("a store without room is no fault of the work, a file that does not decode is", () => {
  assert.equal(blameOf(new ProblemError("store-full", "No room.")), "outage");
  assert.equal(blameOf(new ProblemError("frame-undecodable", "Broken.")), "work");
  assert.equal(blameOf(new Error("OOM in a sentence of somebody else's")), "work");
  assert.equal(blameOf("OOM "), "work");
});
