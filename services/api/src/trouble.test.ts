import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createFolderStore } from "@framequeue/storage";
import { call, postJson, startTestApi, type TestApi } from "./testing/test-api.ts";

const BY_URL = { source: { url: "https://h/a.mp4" } };

/** Neither an object, nor a key of Redis that is of a job or a queue's task. */
async function assertNothingIsLeft(api: TestApi): Promise<void> {
  assert.deepEqual(await api.objects(), []);
  const { redis } = api.pipeline;
  const keys = await redis.keys("*");
  assert.deepEqual(
    keys.filter((key) => /^fq:|:j0/.test(key)),
    [],
  );
  assert.equal(await redis.llen("{fq}:ingest:wait"), 0);
  const { body } = await call(`${api.url}/v1/jobs`);
  assert.deepEqual((body as unknown as { jobs: unknown[] }).jobs, []);
}

async function processOf({ pipeline }: TestApi): Promise<number> {
  return Number(/^process_id:(\d+)/m.exec(await pipeline.redis.info("server"))![1]);
}

test("a Redis without memory: 507, when to come again, and nothing is left of the job", async () => {
  await using api = await startTestApi();
  await api.pipeline.redis.config("SET", "maxmemory", "1");
  const answer = await postJson(`${api.url}/v1/jobs`, BY_URL);
  assert.deepEqual([answer.status, answer.body.code], [507, "store-full"]);
  assert.equal(answer.headers.get("retry-after"), "60");
  assert.match(JSON.stringify(api.log.filter(({ level }) => level === "warn")), /OOM/);
  await assertNothingIsLeft(api);
  await api.pipeline.redis.config("SET", "maxmemory", "0");
  assert.equal((await postJson(`${api.url}/v1/jobs`, BY_URL)).status, 202);
});

test("a Redis that only reads: 503", async () => {
  await using api = await startTestApi();
  await api.pipeline.redis.replicaof("127.0.0.1", 1);
  const answer = await postJson(`${api.url}/v1/jobs`, BY_URL);
  assert.deepEqual([answer.status, answer.body.code], [503, "queue-unavailable"]);
  assert.equal(answer.headers.get("retry-after"), "5");
  await api.pipeline.redis.replicaof("NO", "ONE");
  await api.pipeline.redis.ping();
  assert.equal((await postJson(`${api.url}/v1/jobs`, BY_URL)).status, 202);
});

test("a Redis that hangs: 503 in time, and what was under way comes to nothing", async () => {
  await using api = await startTestApi();
  const { jobs } = api.pipeline;
  const submit = jobs.submit.bind(jobs);
  let underWay: Promise<void> | undefined;
  jobs.submit = (job, signal) => (underWay = submit(job, signal));
  const pid = await processOf(api);
  process.kill(pid, "SIGSTOP");
  try {
    const started = performance.now();
    const answer = await postJson(`${api.url}/v1/jobs`, BY_URL);
    assert.deepEqual([answer.status, answer.body.code], [503, "queue-unavailable"]);
    assert.equal(answer.headers.get("retry-after"), "5");
    assert.ok(performance.now() - started < 20_000);
  } finally {
    process.kill(pid, "SIGCONT");
  }
  await assert.rejects(underWay!, "it notices that nobody waits for it");
  await assertNothingIsLeft(api);
});

test("a Redis that is gone: 503 at once", async () => {
  await using api = await startTestApi();
  const { redis } = api.pipeline;
  const closed = new Promise((resolve) => redis.once("close", resolve));
  process.kill(await processOf(api), "SIGKILL");
  await closed;
  const started = performance.now();
  const answer = await postJson(`${api.url}/v1/jobs`, BY_URL);
  assert.deepEqual([answer.status, answer.body.code], [503, "queue-unavailable"]);
  assert.ok(performance.now() - started < 2_000);
  assert.deepEqual(await api.objects(), []);
});

/** A file system of one megabyte at a folder. */
async function mountSmall(): Promise<{ folder: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "fq-full-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]);
  return {
    folder,
    async [Symbol.asyncDispose]() {
      execFileSync("umount", ["-l", folder]);
      await rm(folder, { recursive: true });
    },
  };
}

/** Why the tests of full file systems are left out, or false: only root may mount one. */
const withoutMount: string | false =
  spawnSync("sh", [
    "-c",
    'd=$(mktemp -d) && mount -t tmpfs -o size=1m tmpfs "$d" && umount "$d" && rmdir "$d"',
  ]).status === 0
    ? false
    : "this user may not mount a file system";

test(
  "an object store without room: 507 for uploads and for requests, and nothing is left",
  { skip: withoutMount },
  async () => {
    await using small = await mountSmall();
    const objects = createFolderStore(join(small.folder, "objects"));
    await using api = await startTestApi({}, objects);
    const form = new FormData();
    form.set("file", new Blob([new Uint8Array(3_000_000)]), "v.mp4");
    const upload = await call(`${api.url}/v1/jobs`, { method: "POST", body: form });
    assert.deepEqual([upload.status, upload.body.code], [507, "store-full"]);
    assert.equal(upload.headers.get("retry-after"), "60");
    assert.match(upload.body.detail!, /no room/);
    await assertNothingIsLeft(api);

    await writeFile(join(small.folder, "filler"), Buffer.alloc(2 ** 20)).catch(() => {});
    const request = await postJson(`${api.url}/v1/jobs`, BY_URL);
    assert.deepEqual([request.status, request.body.code], [507, "store-full"]);
    await assertNothingIsLeft(api);
    await rm(join(small.folder, "filler"));
    assert.equal((await postJson(`${api.url}/v1/jobs`, BY_URL)).status, 202);
  },
);

test("an object store that cannot be written: 503", { skip: withoutMount }, async () => {
  await using small = await mountSmall();
  const objects = createFolderStore(join(small.folder, "objects"));
  await using api = await startTestApi({}, objects);
  execFileSync("mount", ["-o", "remount,ro", small.folder]);
  const answer = await postJson(`${api.url}/v1/jobs`, BY_URL);
  assert.deepEqual([answer.status, answer.body.code], [503, "store-unavailable"]);
  assert.equal(answer.headers.get("retry-after"), "5");
  await assertNothingIsLeft(api);
});
