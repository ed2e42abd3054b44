import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { executionOptionsSchema, type JobId, newJobId } from "@framequeue/contracts";
import { objectKeys } from "@framequeue/pipeline";
import type { ObjectStore } from "@framequeue/storage";
import { writeClip } from "./clip.ts";
import { openSmallSite, type SmallSite } from "./small-site.ts";

const FRAMES = 100;
const EXECUTION = { execution: executionOptionsSchema.parse({ batchFrames: 2 }) };

/** Results that must be equal byte by byte, whatever happened to the job. */
async function hashes(site: SmallSite, job: JobId): Promise<(string | undefined)[]> {
  const { artifacts } = (await site.pipeline.jobs.result(job))!;
  return ["frames.jsonl", "tracks.jsonl", "mot.txt"].map((name) => artifacts[name]?.sha256);
}

test("Redis is emptied in the middle of jobs, and nobody restarts anything", async () => {
  await using site = await openSmallSite({ reconcileMs: 50 });
  const video = join(site.folder, "video.mp4");
  await writeClip(video, { seconds: FRAMES / 25 });
  const calm = await site.submit(video, EXECUTION);
  await site.ended(calm);
  const jobs = await Promise.all([1, 2, 3].map(() => site.submit(video, EXECUTION)));
  for (const times of [1, 2]) {
    await site.until(jobs[0]!, ({ progress }) => progress.inferred > 0);
    await site.pipeline.redis.flushall();
    assert.equal((await site.view(jobs[0]!)).progress.inferred, 0, `forgotten, time ${times}`);
  }
  for (const job of jobs) {
    assert.equal((await site.ended(job)).state, "succeeded");
    assert.deepEqual(await hashes(site, job), await hashes(site, calm));
  }
});

test("a job whose record is damaged waits, others go on, and it succeeds when the record is back", async () => {
  const damaged = newJobId();
  let record = "";
  let waits = 0;
  const store = (folder: ObjectStore): ObjectStore => ({
    ...folder,
    // As after a power cut: the object has its name, and no content.
    async put(key, body, options) {
      const isLost = key === objectKeys.accepted(damaged) && record === "";
      if (isLost) record = String(body);
      await folder.put(key, isLost ? "" : body, options);
    },
  });
  await using site = await openSmallSite({
    store,
    reconcileMs: 50,
    onTask: ({ job, outcome }) => {
      if (job === damaged && outcome === "waits") waits++;
    },
  });
  const video = join(site.folder, "video.mp4");
  await writeClip(video, { seconds: FRAMES / 25 });
  await site.submit(video, { ...EXECUTION, id: damaged });
  const others = await Promise.all([1, 2].map(() => site.submit(video, EXECUTION)));
  for (const job of others) assert.equal((await site.ended(job)).state, "succeeded");
  const waiting = await site.until(damaged, () => waits >= 3);
  assert.deepEqual([waiting.state, waiting.problem?.code], ["validating", "record-damaged"]);
  await site.pipeline.objects.put(objectKeys.accepted(damaged), record);
  const ended = await site.ended(damaged);
  assert.deepEqual([ended.state, ended.problem], ["succeeded", undefined]);
  assert.deepEqual(await hashes(site, damaged), await hashes(site, others[0]!));
});
