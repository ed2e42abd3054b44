import assert from "node:assert/strict";
import { test } from "node:test";
import { startRedisServer } from "@framequeue/service/testing";
import { connectRedis } from "./redis.ts";
import { playSchedule } from "../testing/schedule.ts";
import { createSimulatedRedis, scheduleRedis } from "../testing/simulated-redis.ts";

/** `FQ_SCHEDULES=20000 node --test …` plays more; a failure names its seed, and `FQ_SEED=17` plays that one alone. */
const SCHEDULES = Number(process.env["FQ_SCHEDULES"] ?? 250);
const FIRST = Number(process.env["FQ_FIRST_SEED"] ?? 1);
const ONLY = process.env["FQ_SEED"];

test("schedules full of faults end with the right rows and leave nothing", async () => {
  using redis = await createSimulatedRedis();
  const seeds =
    ONLY === undefined ? Array.from({ length: SCHEDULES }, (_, i) => FIRST + i) : [Number(ONLY)];
  for (const seed of seeds) {
    redis.clear();
    await playSchedule(redis, seed);
  }
});

test("the simulation and a real Redis tell the same stories", async () => {
  await using server = await startRedisServer();
  const real = connectRedis(server.url);
  using simulated = await createSimulatedRedis();
  try {
    for (let seed = 1; seed <= 8; seed++) {
      simulated.clear();
      const options = { travel: false };
      const story = await playSchedule(simulated, seed, options);
      assert.deepEqual(await playSchedule(scheduleRedis(real), seed, options), story);
    }
  } finally {
    real.disconnect();
  }
});
