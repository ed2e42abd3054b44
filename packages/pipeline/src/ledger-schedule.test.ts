import { test } from "node:test";
import { startRedisServer } from "@framequeue/service/testing";
import { connectRedis } from "./redis.ts";
import { playSchedule } from "./testing/schedule.ts";

/** `FQ_SCHEDULES=20000 node --test …` plays more; a failure names its seed, and `FQ_SEED=17` plays that one alone. */
const SCHEDULES = Number(process.env["FQ_SCHEDULES"] ?? 200);
const ONLY = process.env["FQ_SEED"];
const AT_ONCE = 12;

test("schedules full of crashes end with the right rows and leave nothing", async () => {
  await using server = await startRedisServer();
  const redis = connectRedis(server.url);
  const seeds = (
    ONLY === undefined ? Array.from({ length: SCHEDULES }, (_, i) => i + 1) : [Number(ONLY)]
  ).values();
  try {
    const play = async (): Promise<void> => {
      for (const seed of seeds) await playSchedule(redis, seed);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, play));
  } finally {
    redis.disconnect();
  }
});
