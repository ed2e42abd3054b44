import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { type Message, newJobId, QUEUE_PREFIX } from "@framequeue/contracts";
import { dueMessage, queueOf, taskId } from "./task-queues.ts";
import { openTestSite, type TestSite } from "./testing/test-site.ts";

let site: TestSite;
before(async () => {
  site = await openTestSite();
});
after(() => site[Symbol.asyncDispose]());
beforeEach(() => site.pipeline.redis.flushall());

const job = newJobId();
const waiting = (stage: string): Promise<string[]> =>
  site.pipeline.redis.lrange(`${QUEUE_PREFIX}:${stage}:wait`, 0, -1);

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
    assert.deepEqual(JSON.parse(stored!), message);
  });
}

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
