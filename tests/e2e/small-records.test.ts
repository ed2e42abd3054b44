import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type JobId, resultOptionsSchema } from "@framequeue/contracts";
import { join } from "node:path";
import { openSmallSite, type SmallSite, writeSmallVideo } from "./small-site.ts";

/** Bytes of what is kept of a job that failed, whatever it asked for. */
const SMALL = 20_000;

let site: SmallSite;
let video: string;
before(async () => {
  site = await openSmallSite();
  video = join(site.folder, "video.mp4");
  await writeSmallVideo(video, 1);
});
after(() => site[Symbol.asyncDispose]());

/** Bytes of Redis' values. */
async function redisBytes(): Promise<number> {
  const { redis } = site.pipeline;
  let bytes = 0;
  for (const key of await redis.keys("*")) {
    bytes += (await redis.dumpBuffer(key))?.length ?? 0;
  }
  return bytes;
}

test("jobs that ask for a megabyte of unknown labels leave small records, and the list", async () => {
  const label = (i: number): string => `a label that no model has ${i}`;
  const many = Array.from({ length: 970_000 / 30 }, (_, i) => label(i));
  const jobs: JobId[] = [];
  const before = await redisBytes();
  for (const labels of [many, ["x".repeat(970_000)], ['"\u0000'.repeat(400_000)]]) {
    jobs.push(await site.submit(video, { options: resultOptionsSchema.parse({ labels }) }));
  }
  for (const job of jobs) {
    const { state, problem } = await site.ended(job);
    assert.equal(state, "failed");
    assert.equal(problem?.code, "invalid-request");
    assert.match(problem.detail, /has no label/);
    const result = await site.pipeline.objects.get(`jobs/${job}/result.1.json`);
    assert.ok(result.length <= SMALL, String(result.length));
  }
  const list = await site.pipeline.jobs.list({ limit: 20 });
  assert.equal(list.length, jobs.length);
  assert.ok(JSON.stringify(list).length <= SMALL * jobs.length);
  assert.ok((await redisBytes()) - before <= SMALL * jobs.length);
});
