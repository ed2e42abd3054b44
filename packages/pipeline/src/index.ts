export * from "./intermediates.ts";
export * from "./jobs.ts";
export { objectKeys } from "./keys.ts";
export * from "./ledger.ts";
export * from "./payloads.ts";
export * from "./plan.ts";
export { connectRedis, type RedisClient } from "./redis.ts";
export * from "./stage-runner.ts";
export * from "./task-queues.ts";
