import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type AcceptedJob, type JobId, QUEUE_PREFIX } from "@framequeue/contracts";
import {
  openSmallSite,
  type SmallSite,
  type SmallSiteOptions,
  writeSmallVideo,
} from "./small-site.ts";

/** More than one process fetches at once. */
const SLOW = 20;

/** A server whose answers begin and never end: the body of some, the headers of others. */
interface DripServer extends AsyncDisposable {
  readonly url: string;
  readonly open: ReadonlySet<Socket>;
  /** Gives the whole file instead, from now on. */
  give(file: Buffer): void;
}

async function startDripServer(): Promise<DripServer> {
  const open = new Set<Socket>();
  let whole: Buffer | undefined;
  const server: Server = createServer((socket) => {
    socket.on("error", () => {});
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.once("data", (request) => {
      if (whole !== undefined) {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${whole.length}\r\n\r\n`);
        socket.end(whole);
        return;
      }
      const head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n";
      socket.write(request.includes("/headers/") ? `${head}X: ` : `${head}\r\n`);
      const timer = setInterval(() => socket.write("x"), 20);
      socket.on("close", () => clearInterval(timer));
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open,
    give: (file) => void (whole = file),
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}

let video: string;
let site: SmallSite;
before(async () => {
  // Nobody is given up, however long the tests take.
  const leastRate = { bytesPerSecond: 0, windowMs: 3_600_000 };
  site = await openSmallSite({ fetch: { leastRate } });
  video = join(site.folder, "video.mp4");
  await writeSmallVideo(video, 1);
});
after(() => site[Symbol.asyncDispose]());

async function withSite(options: SmallSiteOptions, use: (site: SmallSite) => Promise<void>) {
  await using other = await openSmallSite(options);
  await use(other);
}

function submitUrl(at: SmallSite, { url }: DripServer, i: number): Promise<JobId> {
  const part = i % 2 === 0 ? "body" : "headers";
  const source = { kind: "url", url: `${url}/${part}/${i}.mp4`, name: "v.mp4" } as const;
  return at.submit("", { source } satisfies Partial<AcceptedJob>);
}

const tasksOf = (at: SmallSite, job: JobId): Promise<string[]> =>
  at.pipeline.redis.keys(`${QUEUE_PREFIX}:*:*${job}*`);

test("any number of slow servers keep no other job waiting, and none outlives its job", async () => {
  await using server = await startDripServer();
  const slow: JobId[] = [];
  for (let i = 0; i < SLOW; i++) slow.push(await submitUrl(site, server, i));
  await until(() => server.open.size === 8);

  const job = await site.submit(video);
  const ended = await site.ended(job);
  assert.equal(ended.state, "succeeded", JSON.stringify(ended.problem));
  assert.equal(server.open.size, 8, "and they are as slow as ever");

  for (const id of slow) await site.pipeline.jobs.cancel(id);
  await until(() => server.open.size === 0);
  for (const id of slow) assert.equal((await site.view(id)).state, "cancelled");
  const { queues } = site.pipeline;
  for (const queue of ["fetch", "ingest"] as const) {
    await until(async () => {
      const { waiting, active, delayed } = await queues.depth(queue);
      return waiting + active + delayed === 0;
    });
  }
});

test("slow servers are given up, and the jobs behind them have their turn", async () => {
  await using server = await startDripServer();
  const leastRate = { bytesPerSecond: 10_000, windowMs: 300 };
  await withSite({ fetch: { leastRate } }, async (strict) => {
    const slow: JobId[] = [];
    for (let i = 0; i < SLOW; i++) slow.push(await submitUrl(strict, server, i));
    for (const [i, id] of slow.entries()) {
      const { problem } = await strict.ended(id);
      assert.equal(problem?.code, "source-unreachable");
      assert.equal(problem?.at, "source.url");
      assert.match(problem.detail, i % 2 === 0 ? /less than 10000 bytes/ : /does not begin/);
      await until(async () => (await tasksOf(strict, id)).length === 0);
    }
    await until(() => server.open.size === 0);
    server.give(await readFile(video));
    assert.equal((await strict.ended(await submitUrl(strict, server, 0))).state, "succeeded");
  });
});

test("a fetch that the queue lost is asked for again, and one of a paused job is not begun", async () => {
  await using server = await startDripServer();
  const { pipeline } = site;
  const waits = async (job: JobId): Promise<boolean> =>
    (await pipeline.redis.zscore(`${QUEUE_PREFIX}:ingest:delayed`, `ingest-${job}`)) !== null;
  const look = async (job: JobId): Promise<void> =>
    pipeline.queues.hurry(job, "", (await pipeline.ledger.due(job)).due);
  // So that the next ones wait in the queue.
  const full: JobId[] = [];
  for (let i = 0; i < 8; i++) full.push(await submitUrl(site, server, i));
  await until(() => server.open.size === 8);

  const lost = await submitUrl(site, server, 0);
  const fetch = `fetch-${lost}`;
  const key = `${QUEUE_PREFIX}:fetch`;
  await until(() => waits(lost));
  await until(async () => (await pipeline.redis.lrem(`${key}:wait`, 0, fetch)) === 1);
  await look(lost);
  await until(async () => (await pipeline.redis.lpos(`${key}:wait`, fetch)) !== null);

  const paused = await submitUrl(site, server, 0);
  await until(() => waits(paused));
  await pipeline.jobs.pause(paused);

  server.give(await readFile(video));
  for (const id of full) await pipeline.jobs.cancel(id);
  assert.equal((await site.ended(lost)).state, "succeeded");
  await until(async () => {
    const { waiting, active } = await pipeline.queues.depth("fetch");
    return waiting + active === 0;
  });
  assert.deepEqual(await Array.fromAsync(pipeline.objects.list(`jobs/${paused}/source`)), []);
  await pipeline.jobs.resume(paused);
  await look(paused);
  assert.equal((await site.ended(paused)).state, "succeeded");
});
