import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { executionOptionsSchema, type JobId, type JobView } from "@framequeue/contracts";
import { openSmallSite, type SmallSite, writeSmallVideo } from "./small-site.ts";

const run = promisify(execFile);
const SECONDS = 120;

let site: SmallSite;
let video: string;
before(async () => {
  site = await openSmallSite();
  video = join(site.folder, "long video.mp4");
  await writeSmallVideo(video, SECONDS);
});
after(() => site[Symbol.asyncDispose]());

/** Whatever there still is of a job, but for its record, its acceptance and its tombstone. */
async function whatIsLeft(job: JobId): Promise<string[]> {
  const { redis, frames, objects, ledger } = site.pipeline;
  const left = (await redis.keys(`*${job}*`)).filter((key) => !key.endsWith(`{${job}}:job`));
  for await (const key of frames.list(job)) left.push(key);
  for (const id of (await ledger.grants()).keys()) if (id.startsWith(job)) left.push(`grant ${id}`);
  for await (const key of objects.list(`jobs/${job}`)) {
    if (!/(accepted|cancelled)\.json$/.test(key)) left.push(key);
  }
  const { stdout } = await run("ps", ["-eo", "args"]).catch(() => ({ stdout: "" }));
  left.push(...stdout.split("\n").filter((args) => args.startsWith("ff") && args.includes(video)));
  return left;
}

const MOMENTS: Record<string, (view: JobView) => boolean> = {
  "that was just accepted": () => true,
  "that decodes": ({ progress }) => progress.decoded > 0,
  "in the middle": ({ progress }) => progress.tracked > 100,
  "whose video is being written": ({ progress }) => progress.rendered > 0,
};

for (const [moment, isThere] of Object.entries(MOMENTS)) {
  for (const segmentSeconds of moment.includes("written") ? [20] : [0, 20]) {
    const how = segmentSeconds === 0 ? "in one go" : "in parallel";
    test(`nothing works for a cancelled job ${moment}, and nothing is left of it (${how})`, async (t) => {
      const job = await site.submit(video, {
        render: true,
        execution: executionOptionsSchema.parse({ segmentSeconds }),
      });
      await site.until(job, isThere);
      await site.pipeline.jobs.cancel(job);
      const cancelled = performance.now();
      let left = await whatIsLeft(job);
      for (
        ;
        left.length > 0 && performance.now() < cancelled + 30_000;
        left = await whatIsLeft(job)
      ) {
        await sleep(20);
      }
      t.diagnostic(`gone after ${((performance.now() - cancelled) / 1000).toFixed(2)} s`);
      assert.deepEqual(left, []);
      assert.equal((await site.view(job)).state, "cancelled");
    });
  }
}
