import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { type Message, newJobId, QUEUE_PREFIX } from "@framequeue/contracts";
import { clockKey } from "../ledger/keys.ts";
import { dueMessage, queueOf, taskId } from "./task-queues.ts";
import { openTestSite, type TestSite } from "../testing/test-site.ts";

let site: TestSite;
before(async () => {
  site = await openTestSite();
});
after(() => site[Symbol.asyncDispose]());
beforeEach(() => site.pipeline.redis.flushall());

const job = newJobId();
/** Ids of the tasks that wait, those that take turns after those that do not, each in the order in which they go. */
const waiting = async (stage: string): Promise<string[]> => [
  ...(await site.pipeline.redis.lrange(`${QUEUE_PREFIX}:${stage}:wait`, 0, -1)).toReversed(),
  ...(await site.pipeline.redis.zrange(`${QUEUE_PREFIX}:${stage}:prioritized`, 0, "-1")),
];

const table: {
  due: { stage: Message["stage"]; item: string; q: number };
  queue: string;
  id: string;
}[] = [
  { due: { stage: "ingest", item: "", q: 0 }, queue: "ingest", id: `ingest-${job}` },
  { due: { stage: "decode", item: "3", q: 2 }, queue: "decode", id: `decode-${job}-ep-3-2` },
  {
    due: { stage: "enhance", item: "3.14", q: 1 },
    queue: "enhance",
    id: `enhance-${job}-ep-3.14-1`,
  },
  { due: { stage: "infer", item: "0.0", q: 4 }, queue: "infer", id: `infer-${job}-ep-0.0-4` },
  { due: { stage: "track", item: "", q: 7 }, queue: "track", id: `track-${job}-ep-7` },
  { due: { stage: "index", item: "", q: 1 }, queue: "index", id: `index-${job}-ep-1` },
  { due: { stage: "render", item: "", q: 1 }, queue: "render", id: `render-${job}-ep-1` },
  { due: { stage: "finalize", item: "", q: 1 }, queue: "index", id: `finalize-${job}-ep-1` },
];

for (const { due, queue, id } of table) {
  test(`${due.stage}: what is due becomes one task of the queue ${queue}`, async () => {
    const message = dueMessage(job, "ep", due);
    assert.deepEqual([queueOf(message.stage), taskId(message)], [queue, id]);
    const { queues } = site.pipeline;
    await queues.addDue(job, "ep", [due, due]);
    await queues.add(message);
    assert.deepEqual(await waiting(queue), [id]);
    const stored = await site.pipeline.redis.hget(`${QUEUE_PREFIX}:${queue}:${id}`, "data");
    const turn = ["decode", "enhance", "infer"].includes(due.stage) ? { tag: 0 } : {};
    assert.deepEqual(JSON.parse(stored!), { ...message, ...turn });
  });
}

test("a task that is in no queue is missing although its record is left, and can be added", async () => {
  const { queues, redis } = site.pipeline;
  const lost = dueMessage(job, "ep", { stage: "infer", item: "0.0", q: 1 });
  const whole = dueMessage(job, "ep", { stage: "infer", item: "0.1", q: 1 });
  const never = dueMessage(job, "ep", { stage: "track", item: "", q: 1 });
  await queues.add(lost);
  await queues.add(whole);
  await redis.zrem(`${QUEUE_PREFIX}:infer:prioritized`, taskId(lost));
  assert.deepEqual(await queues.missing([lost, whole, never]), [lost, never]);
  await queues.addLost(lost);
  await queues.addLost(never);
  assert.deepEqual(await queues.missing([lost, whole, never]), []);
  assert.deepEqual((await waiting("infer")).toSorted(), [taskId(lost), taskId(whole)]);
});

test("another generation is another task", async () => {
  const { queues } = site.pipeline;
  for (const q of [1, 2, 1]) await queues.addDue(job, "ep", [{ stage: "infer", item: "0.0", q }]);
  assert.deepEqual((await waiting("infer")).sort(), [
    `infer-${job}-ep-0.0-1`,
    `infer-${job}-ep-0.0-2`,
  ]);
});

test("a message that does not keep to its schema is not sent", async () => {
  const { queues } = site.pipeline;
  await assert.rejects(queues.add({ v: 1, stage: "ingest", job: "nobody" }), /not a job id/);
  await assert.rejects(queues.addDue(job, "ep", [{ stage: "decode", item: "x", q: 1 }]));
  assert.deepEqual(await waiting("decode"), []);
  await queues.addDue(job, "ep", undefined);
});

const decodeId = (of: string, segment = 0, q = 1): string => `decode-${of}-ep-${segment}-${q}`;
const addDecode = (of: typeof job, vt: number, segment = 0): Promise<void> =>
  site.pipeline.queues.addDue(of, "ep", [{ stage: "decode", item: String(segment), q: 1, vt }]);

test("the job that is furthest behind goes first, and a new one starts at the clock", async () => {
  const { queues } = site.pipeline;
  const [ahead, behind, fresh] = [newJobId(), newJobId(), newJobId()];
  await queues.began(1000);
  await queues.began(500);
  await addDecode(ahead, 5000);
  await addDecode(behind, 2000);
  await addDecode(fresh, 0);
  assert.deepEqual(
    await waiting("decode"),
    [fresh, behind, ahead].map((id) => decodeId(id)),
  );
  const { redis } = site.pipeline;
  const stored = await redis.hget(`${QUEUE_PREFIX}:decode:${decodeId(fresh)}`, "data");
  assert.equal((JSON.parse(stored!) as { tag: number }).tag, 1000, "nothing is owed for the past");
  await queues.addDue(fresh, "ep", [{ stage: "infer", item: "0.0", q: 1, vt: 700 }]);
  const batch = await redis.hget(`${QUEUE_PREFIX}:infer:infer-${fresh}-ep-0.0-1`, "data");
  assert.equal((JSON.parse(batch!) as { tag: number }).tag, 700, "a batch keeps its own time");
});

test("only a task of another job that is further behind ends a turn", async () => {
  const { queues, redis } = site.pipeline;
  const others = (tag: number): Promise<boolean> => queues.othersWait(job, tag);
  assert.equal(await others(9999), false, "nobody waits");
  await addDecode(job, 10);
  assert.equal(await others(9999), false, "its own segment waits");
  await addDecode(newJobId(), 2000);
  assert.equal(await others(1000), false);
  assert.equal(await others(2000), false, "it would be behind that one");
  assert.equal(await others(3000), true);
  // A task whose worker died waits in front of all others, without a priority.
  await redis.lpush(`${QUEUE_PREFIX}:decode:wait`, decodeId(newJobId()));
  assert.equal(await others(1000), true);
});

test("before the numbers run out they count from the clock again, and the order stays", async () => {
  const { queues, redis } = site.pipeline;
  const key = clockKey("here");
  const ids = [newJobId(), newJobId(), newJobId(), newJobId()] as const;
  await queues.began(17_000_000);
  await redis.hset(key, "base", 16_999_000);
  await addDecode(ids[0], 17_002_000);
  await addDecode(ids[1], 17_001_000);
  await redis.hset(key, "base", 0);
  const priorities = async (): Promise<number[]> => {
    const flat = await redis.zrange(`${QUEUE_PREFIX}:decode:prioritized`, 0, "-1", "WITHSCORES");
    return flat.filter((_, i) => i % 2 === 1).map((score) => Math.floor(Number(score) / 2 ** 32));
  };
  assert.deepEqual(await priorities(), [126, 188]);
  await addDecode(ids[2], 17_000_500);
  assert.deepEqual(
    await waiting("decode"),
    [ids[2], ids[1], ids[0]].map((id) => decodeId(id)),
  );
  assert.deepEqual(await priorities(), [32, 63, 126]);
  assert.deepEqual(await redis.hgetall(key), { now: "17000000", base: "17000000" });

  // A process that died in the middle of it left tasks with numbers of the old base.
  await redis.hset(key, "base", 17_000_000 - 2 ** 21, "moving", Date.now() - 60_000);
  await addDecode(ids[3], 17_003_000);
  assert.deepEqual(
    await priorities(),
    [32, 63, 126, 188].map((n) => n + 2 ** 17),
  );
  assert.equal(await redis.hget(key, "moving"), null);
});
