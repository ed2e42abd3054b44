import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { newJobId, ProblemError } from "@framequeue/contracts";
import { startRedisServer, type TestRedis } from "@framequeue/service/testing";
import { Redis } from "ioredis";
import { frameStoreConformance, sampleBatch } from "./frame-store-conformance.ts";
import { payloadKey } from "./frame-store.ts";
import { createRedisFrameStore, type RedisFrameStoreOptions } from "./redis-store.ts";

/** Three servers and a store over them, the kind of site that the store is for. */
async function openSite(options: Partial<RedisFrameStoreOptions> = {}) {
  await using resources = new AsyncDisposableStack();
  const servers: TestRedis[] = [];
  for (let i = 0; i < 3; i++) servers.push(resources.use(await startRedisServer()));
  const urls = servers.map(({ url }) => url);
  const store = resources.use(
    createRedisFrameStore({ urls, site: "here", ttlSeconds: 60, ...options }),
  );
  const clients = urls.map((url) => {
    const client = new Redis({ path: decodeURIComponent(new URL(url).pathname) });
    resources.defer(() => client.disconnect());
    return client;
  });
  const owned = resources.move();
  return { urls, store, clients, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

frameStoreConformance("redis", openSite);

const keyOf = (job: string, segment: number, batch = 0): string =>
  payloadKey({ job, epoch: "e", segment, batch, variant: "a" });

test("redis: a job's segments spread over the servers, the batches of one stay together", async () => {
  await using at = await openSite();
  const job = newJobId();
  for (let segment = 0; segment < 24; segment++) {
    for (let batch = 0; batch < 2; batch++) {
      await at.store.put(keyOf(job, segment, batch), sampleBatch(job, 1));
    }
  }
  const listed: string[][] = [];
  for (const client of at.clients) listed.push(await client.hkeys(`fqf:here:${job}`));
  assert.equal(listed.flat().length, 48);
  for (const fields of listed) {
    assert.ok(fields.length > 0, "a server without a segment");
    assert.equal(fields.length % 2, 0, "batches of a segment in two places");
  }
  await at.store.deletePrefix(job);
  for (const client of at.clients) assert.deepEqual(await client.keys("*"), []);
});

test("redis: batches deleted one by one leave no key", async () => {
  await using at = await openSite();
  const job = newJobId();
  for (let batch = 0; batch < 3; batch++) {
    await at.store.put(keyOf(job, 0, batch), sampleBatch(job, batch));
    await at.store.deletePrefix(`${job}/e/0.${batch}`);
  }
  for (const client of at.clients) assert.deepEqual(await client.keys("*"), []);
});

test("redis: payloads end by themselves, and with them the list of them", async () => {
  await using at = await openSite({ ttlSeconds: 1_000 });
  const job = newJobId();
  await at.store.put(keyOf(job, 0), sampleBatch(job, 1));
  let keys = 0;
  for (const client of at.clients) {
    for (const key of await client.keys("*")) {
      keys++;
      const ttl = await client.ttl(key);
      assert.ok(ttl > 900 && ttl <= 1_060, `${key}: ${ttl} s`);
      // As if the time were up for the payload, and not yet for the list.
      if (key.endsWith("/a")) await client.del(key);
    }
  }
  assert.equal(keys, 2);
  assert.equal(await at.store.get(keyOf(job, 0)), undefined);
  assert.deepEqual(await Array.fromAsync(at.store.list(job)), []);
});

test("redis: a damaged, cut or half-deleted payload is as good as none", async () => {
  await using at = await openSite();
  const job = newJobId();
  const key = keyOf(job, 0);
  const holder = async (): Promise<Redis> => {
    await at.store.put(key, sampleBatch(job, 1));
    for (const client of at.clients) if (await client.exists(`fqf:here:${key}`)) return client;
    throw new Error("no server has it");
  };
  const damages: ((client: Redis) => Promise<unknown>)[] = [
    (client) => client.setrange(`fqf:here:${key}`, 7, "x"),
    (client) => client.set(`fqf:here:${key}`, "short"),
    (client) => client.del(`fqf:here:${job}`),
    (client) => client.hset(`fqf:here:${job}`, "e/0.0/a", "{"),
  ];
  for (const damage of damages) {
    await damage(await holder());
    assert.equal(await at.store.get(key), undefined, String(damage));
  }
});

test("redis: sites in one server do not see each other", async () => {
  await using at = await openSite();
  await using other = createRedisFrameStore({ urls: at.urls, site: "there", ttlSeconds: 60 });
  const job = newJobId();
  await at.store.put(keyOf(job, 0), sampleBatch(job, 1));
  assert.equal(await other.get(keyOf(job, 0)), undefined);
  assert.deepEqual(await Array.fromAsync(other.list()), []);
  await other.deletePrefix(job);
  assert.deepEqual(await Array.fromAsync(at.store.list()), [keyOf(job, 0)]);
});

test("redis: a job is cleared from every server, also where a longer list had put it", async () => {
  await using at = await openSite();
  await using shorter = createRedisFrameStore({
    urls: at.urls.slice(1),
    site: "here",
    ttlSeconds: 60,
  });
  const job = newJobId();
  for (let segment = 0; segment < 12; segment++) {
    await shorter.put(keyOf(job, segment), sampleBatch(job, segment));
  }
  await at.store.deletePrefix(job);
  for (const client of at.clients) assert.deepEqual(await client.keys("*"), []);
});

test("redis: no memory left is store-full, and nothing of the payload stays", async () => {
  await using at = await openSite();
  const job = newJobId();
  for (const client of at.clients) await client.config("SET", "maxmemory", "1mb");
  await assert.rejects(
    at.store.put(keyOf(job, 0), sampleBatch(job, 1)),
    (error) => error instanceof ProblemError && error.code === "store-full" && error.retryable,
  );
  assert.deepEqual(await Array.fromAsync(at.store.list()), []);
  for (const client of at.clients) await client.config("SET", "maxmemory", "0");
  await at.store.put(keyOf(job, 0), sampleBatch(job, 1));
});

const unavailable = (error: unknown): boolean =>
  error instanceof ProblemError && error.code === "store-unavailable" && error.retryable;

test("redis: nobody there, or nobody who answers, is store-unavailable within the timeout", async () => {
  const job = newJobId();
  const missing = `unix://${join(tmpdir(), "nobody.sock")}`;
  await using absent = createRedisFrameStore({
    urls: [missing],
    site: "here",
    ttlSeconds: 60,
    timeoutMs: 300,
  });
  await assert.rejects(absent.get(keyOf(job, 0)), unavailable);

  const folder = await mkdtemp(join(tmpdir(), "fq-mute-"));
  const path = join(folder, "s");
  const mute = spawn(
    "redis-server",
    ["--port", "0", "--unixsocket", path, "--save", "", "--dir", folder],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  try {
    for await (const chunk of mute.stdout) if (/ready to accept/i.test(String(chunk))) break;
    mute.stdout.resume();
    await using store = createRedisFrameStore({
      urls: [`unix://${path}`],
      site: "here",
      ttlSeconds: 60,
      timeoutMs: 300,
    });
    await store.put(keyOf(job, 0), sampleBatch(job, 1));
    mute.kill("SIGSTOP");
    for (const stuck of [
      () => store.put(keyOf(job, 1), sampleBatch(job, 2)),
      () => store.get(keyOf(job, 0)),
    ]) {
      const started = performance.now();
      await assert.rejects(stuck(), unavailable);
      assert.ok(performance.now() - started < 3_000);
    }
    mute.kill("SIGCONT");
    // It goes on by itself; how soon depends on when the connection is tried again.
    for (const deadline = performance.now() + 20_000; ;) {
      const back = await store.get(keyOf(job, 0)).catch(() => undefined);
      if (back !== undefined) break;
      assert.ok(performance.now() < deadline, "never back");
      await sleep(20);
    }
  } finally {
    const gone = once(mute, "exit");
    mute.kill("SIGCONT");
    mute.kill("SIGKILL");
    await gone;
    await rm(folder, { recursive: true, force: true });
  }
});
