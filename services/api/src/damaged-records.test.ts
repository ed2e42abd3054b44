import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  type JobId,
  type JobView,
  jobViewSchema,
  newJobId,
  ProblemError,
} from "@framequeue/contracts";
import { objectKeys } from "@framequeue/pipeline";
import { createFolderStore, type ObjectStore } from "@framequeue/storage";
import { z } from "zod";
import { call, startTestApi, type TestApi } from "./testing/test-api.ts";

let api: TestApi;
let jobs: string;
let healthy: JobId;
before(async () => {
  api = await startTestApi();
  jobs = `${api.url}/v1/jobs`;
  healthy = await api.job();
});
after(() => api[Symbol.asyncDispose]());

const listSchema = z.object({ jobs: z.array(jobViewSchema) });
const post = (id: JobId, what: string) => call(`${jobs}/${id}/${what}`, { method: "POST" });
const remove = (id: JobId) => fetch(`${jobs}/${id}`, { method: "DELETE" });

/** Everybody's jobs, by id; the answer is 200 and well formed, whatever is in it. */
async function list(): Promise<Map<JobId, JobView>> {
  const { status, body } = await call(`${jobs}?limit=100`);
  assert.equal(status, 200, JSON.stringify(body));
  const { jobs: views } = listSchema.parse(body);
  const found = new Map(views.map((view) => [view.id, view]));
  assert.equal(found.get(healthy)?.problem, undefined, "the others are as they were");
  return found;
}

const DAMAGES: Readonly<Record<string, Buffer | string>> = {
  emptied: "",
  truncated: '{"v":1,"id":"j01',
  "all zeros": Buffer.alloc(4096),
  "of nothing": "null",
  "of another job": JSON.stringify({ v: 1, id: newJobId(), job: newJobId() }),
};

for (const [damage, content] of Object.entries(DAMAGES)) {
  test(`a job whose accepted.json is ${damage} is shown so, goes on, and is let go of`, async () => {
    const id = await api.job();
    const key = objectKeys.accepted(id);
    const record = await api.pipeline.objects.get(key);
    const before = (await call(`${jobs}/${id}`)).body;
    await api.pipeline.objects.put(key, content);

    const shown = (await call(`${jobs}/${id}`)).body as JobView;
    assert.deepEqual((await list()).get(id), shown, "the list knows it from the look at the job");
    assert.deepEqual(
      [shown?.problem?.code, shown?.problem?.at, shown?.state],
      ["record-damaged", "accepted.json", "queued"],
    );
    assert.equal((await call(`${jobs}?before=${id}`)).status, 200);
    assert.equal((await fetch(`${jobs}/${id}/events`, { method: "HEAD" })).status, 200);
    const retry = await post(id, "retry");
    assert.deepEqual([retry.status, retry.body.code], [409, "record-damaged"]);
    const result = await call(`${jobs}/${id}/results/mot.txt`);
    assert.deepEqual([result.status, result.body.code], [409, "result-not-ready"]);
    for (const [what, state] of [
      ["pause", "paused"],
      ["resume", "queued"],
    ] as const) {
      const answer = await post(id, what);
      assert.deepEqual([answer.status, answer.body.state], [200, state], what);
    }

    await api.pipeline.objects.put(key, record);
    assert.deepEqual((await call(`${jobs}/${id}`)).body, before, "as before, once it is back");
    await api.pipeline.objects.put(key, content);
    const cancelled = await post(id, "cancel");
    assert.deepEqual([cancelled.status, cancelled.body.state], [200, "cancelled"]);
    assert.equal((await remove(id)).status, 204);
    assert.equal((await list()).has(id), false);
    assert.equal((await call(`${jobs}/${id}`)).status, 404);
    assert.deepEqual(
      (await api.objects()).filter((each) => each.includes(id)),
      [],
    );
  });

  for (const redisRemembers of [true, false]) {
    const when = redisRemembers ? "" : ", and that Redis has forgotten,";
    test(`a job whose result.1.json is ${damage}${when} is shown so, and is let go of`, async () => {
      const id = await api.job();
      await api.finish(id, { "mot.txt": Buffer.from("1\n") });
      const key = objectKeys.result(id);
      const result = await api.pipeline.objects.get(key);
      const before = (await call(`${jobs}/${id}`)).body;
      await api.pipeline.objects.put(key, content);
      if (!redisRemembers) await api.pipeline.redis.del(`fq:{${id}}:job`);

      const shown = (await call(`${jobs}/${id}`)).body as JobView;
      assert.deepEqual((await list()).get(id), shown, "the list knows it from the look at the job");
      assert.deepEqual(
        [shown?.problem?.code, shown?.problem?.at, shown?.state, shown?.results],
        ["record-damaged", "result.1.json", redisRemembers ? "succeeded" : "failed", {}],
      );
      for (const path of [`${id}/results/mot.txt`, `${id}/compare/${id}`]) {
        const answer = await call(`${jobs}/${path}`);
        assert.deepEqual([answer.status, answer.body.code], [409, "record-damaged"], path);
      }
      await api.pipeline.objects.put(key, result);
      assert.equal((await call(`${jobs}/${id}/results/mot.txt`)).status, 200);
      const { progress: _, ...back } = (await call(`${jobs}/${id}`)).body;
      const { progress: __, ...wanted } = before;
      assert.deepEqual(back, wanted, "as before, once it is back");
      await api.pipeline.objects.put(key, content);
      assert.equal((await remove(id)).status, 204);
      assert.deepEqual(
        (await api.objects()).filter((each) => each.includes(id)),
        [],
      );
    });
  }
}

test("a record in Redis that is no record is shown so, and hides no other job", async () => {
  const id = await api.job();
  await api.pipeline.redis.set(`fq:{${id}}:job`, "nonsense");
  const shown = (await list()).get(id);
  assert.deepEqual([shown?.problem?.code, shown?.state], ["record-damaged", "queued"]);
  assert.deepEqual((await call(`${jobs}/${id}`)).body, shown);
  await api.pipeline.redis.zadd("fq:{test}:jobs", Date.now(), "no/job");
  await list();
  await api.pipeline.redis.del(`fq:{${id}}:job`);
  await post(id, "cancel");
  await remove(id);
});

test("one object that the store does not give hides no other job; one that gives none is told of", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fq-refusing-"));
  const objects = createFolderStore(folder);
  const refused = new Set<string>();
  const store: ObjectStore = {
    ...objects,
    async get(key) {
      if (refused.has(key)) throw new ProblemError("store-unavailable", "The disk answers EIO.");
      return objects.get(key);
    },
  };
  await using own = await startTestApi({}, store);
  const [one, other] = [await own.job(), await own.job()];
  refused.add(objectKeys.accepted(one));
  const all = listSchema.parse((await call(`${own.url}/v1/jobs`)).body).jobs;
  assert.ok(
    all.every(({ problem }) => problem === undefined),
    "the list reads no objects",
  );
  await own.pipeline.redis.del("fq:{test}:entries");
  const some = await call(`${own.url}/v1/jobs`);
  const { jobs: views } = listSchema.parse(some.body);
  assert.deepEqual(
    views.map(({ id, problem }) => [id, problem?.code]),
    [
      [other, undefined],
      [one, "store-unavailable"],
    ],
  );
  refused.add(objectKeys.accepted(other));
  await own.pipeline.redis.del("fq:{test}:entries");
  const none = await call(`${own.url}/v1/jobs`);
  assert.deepEqual([none.status, none.body.code], [503, "store-unavailable"]);
  await rm(folder, { recursive: true });
});

test("what is no job among the jobs of the store hides none", async () => {
  await writeFile(join(api.folder, "objects/jobs", newJobId()), "no folder");
  await mkdir(join(api.folder, "objects", objectKeys.accepted(newJobId())), { recursive: true });
  await list();
});

test("what is wrong with a record is told without a word of what it holds", async () => {
  const id = await api.job();
  await api.pipeline.objects.put(objectKeys.accepted(id), 'x "https://user:hunter2@host/a.mp4"');
  await list();
  const { body } = await call(`${jobs}/${id}`);
  assert.doesNotMatch(JSON.stringify([body, api.log]), /hunter2/);
});
