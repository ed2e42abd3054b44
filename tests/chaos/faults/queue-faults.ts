import { MESSAGE_SCHEMAS, type MessageStage, QUEUE_PREFIX } from "@framequeue/contracts";
import { waitingTasks } from "../waiting-tasks.ts";
import { type Inject, once, tail } from "./fault.ts";

/** Far from any generation that the ledger counts to. */
const OTHER_GENERATION = 1_000;
/** BullMQ's score of a task with priority `p` is `p` times this, and a counter. */
const SCORE_OF_PRIORITY = 2 ** 32;

export const loseTask: Inject = async ({ system: { pipeline } }, random) => {
  const { redis } = pipeline;
  const task = random.pick([...(await waitingTasks(redis)), undefined]);
  if (task === undefined) return undefined;
  const { queue, id } = task;
  await redis.lrem(`${queue}:wait`, 0, id);
  await redis.zrem(`${queue}:prioritized`, id);
  await redis.zrem(`${queue}:delayed`, id);
  // A worker may have taken it at this very moment; then it works for a task that nobody knows.
  await redis.del(`${queue}:${id}`);
  return once(`lost task ${tail(id)}`);
};

export const doubleTask: Inject = async ({ system: { pipeline } }, random) => {
  const { redis, queues } = pipeline;
  const task = random.pick([...(await waitingTasks(redis)), undefined]);
  if (task === undefined) return undefined;
  const [name, data] = await redis.hmget(`${task.queue}:${task.id}`, "name", "data");
  const schema = MESSAGE_SCHEMAS[name as MessageStage];
  if (!data || schema === undefined) return undefined;
  const message = schema.parse(JSON.parse(data));
  // A job has one of those, and no other generation of it.
  if (message.stage === "fetch") return undefined;
  // Another generation has another id.
  const q = ("q" in message ? (message.q ?? 0) : 0) + OTHER_GENERATION;
  await queues.add({ ...message, q });
  return once(`doubled task ${tail(task.id)}`);
};

export const reorder: Inject = async ({ system: { pipeline } }, random) => {
  const { redis } = pipeline;
  const queue = `${QUEUE_PREFIX}:${random.pick(["decode", "infer"])}`;
  const ids = await redis.zrange(`${queue}:prioritized`, 0, "-1");
  for (const id of ids) {
    const score = random.integer(1, 1_000) * SCORE_OF_PRIORITY;
    await redis.zadd(`${queue}:prioritized`, "XX", score, id);
  }
  return ids.length > 1 ? once(`shuffled ${ids.length} tasks of ${queue}`) : undefined;
};
