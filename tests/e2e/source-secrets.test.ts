import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { AcceptedJob, JobId } from "@framequeue/contracts";
import { ObjectNotFound } from "@framequeue/storage";
import { openSmallSite, type SmallSite, writeSmallVideo } from "./small-site.ts";

const USER = "alice";
const PASSWORD = "hunter2secret";
const SIGNATURE = "0123456789abcdef";

let site: SmallSite;
let server: Server;
let url: string;
/** Whether the server gives the file at all, or does not even say so. */
let open: boolean | "silent" = true;
before(async () => {
  site = await openSmallSite();
  const video = join(site.folder, "video.mp4");
  await writeSmallVideo(video, 1);
  const bytes = await readFile(video);
  const wanted = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;
  server = createServer((request, response) => {
    const isAllowed =
      request.headers.authorization === wanted && request.url === `/a/v.mp4?sig=${SIGNATURE}`;
    if (open === "silent") return;
    response.statusCode = open && isAllowed ? 200 : 403;
    response.end(open && isAllowed ? bytes : "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  url = `http://${USER}:${PASSWORD}@127.0.0.1:${port}/a/v.mp4?sig=${SIGNATURE}`;
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await site[Symbol.asyncDispose]();
});

const submit = (): Promise<JobId> =>
  site.submit("", { source: { kind: "url", url, name: "v.mp4" } } satisfies Partial<AcceptedJob>);

/** The objects of a job, and the keys of Redis, in which a secret of its address stands. */
async function tellers(job: JobId): Promise<string[]> {
  const { redis, objects } = site.pipeline;
  const found: string[] = [];
  const tells = (text: string): boolean => text.includes(PASSWORD) || text.includes(SIGNATURE);
  for await (const key of objects.list(`jobs/${job}`)) {
    // What was worked with is being deleted meanwhile.
    const bytes = await objects.get(key).catch((error: unknown) => {
      if (error instanceof ObjectNotFound) return Buffer.alloc(0);
      throw error;
    });
    if (tells(bytes.toString("latin1"))) found.push(key.split("/").at(-1)!);
  }
  for (const key of await redis.keys("*")) {
    const value = await redis.dumpBuffer(key);
    if (value !== null && tells(value.toString("latin1"))) found.push(key);
  }
  return found;
}

test("of a source's address nothing secret is left once the source is fetched", async () => {
  open = true;
  const job = await submit();
  const ended = await site.ended(job);
  assert.equal(ended.state, "succeeded", JSON.stringify(ended.problem));
  assert.deepEqual(await tellers(job), []);
  const { source } = (await site.pipeline.jobs.accepted(job))!;
  assert.equal(source.kind === "url" && source.url, url.replace(/\/\/.*@/, "//").split("?")[0]);
});

test("a job whose source was refused keeps its address for a retry, and then forgets it", async () => {
  open = false;
  const job = await submit();
  const failed = await site.ended(job);
  assert.equal(failed.problem?.code, "source-unreachable");
  assert.doesNotMatch(JSON.stringify(failed), new RegExp(`${PASSWORD}|${SIGNATURE}`));
  assert.deepEqual(await tellers(job), ["address.json"]);
  open = true;
  await site.pipeline.jobs.retry(job);
  const again = await site.until(job, ({ run, state }) => run === 2 && state === "succeeded");
  assert.equal(again.run, 2);
  assert.deepEqual(await tellers(job), []);
});

test("nothing secret is left of a job that is cancelled, or deleted", async () => {
  open = false;
  const failed = await submit();
  await site.ended(failed);
  await site.pipeline.jobs.remove(failed);
  const left = await Array.fromAsync(site.pipeline.objects.list(`jobs/${failed}`));
  assert.deepEqual(left, []);

  open = "silent";
  const cancelled = await submit();
  await site.pipeline.jobs.cancel(cancelled);
  assert.deepEqual(await tellers(cancelled), []);
});
