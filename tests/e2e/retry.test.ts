import assert from "node:assert/strict";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { executionOptionsSchema, type JobId, newJobId, ProblemError } from "@framequeue/contracts";
import type { ObjectStore } from "@framequeue/storage";
import { writeClip } from "./clip.ts";
import { openSmallSite, type SmallSite, type SmallSiteOptions } from "./small-site.ts";

const FRAMES = 200;
const BATCH = 2;
/** Segments of two seconds, and few frames at a time. */
const PARALLEL = executionOptionsSchema.parse({ segmentSeconds: 2, batchFrames: BATCH });
const IN_ONE_GO = executionOptionsSchema.parse({ segmentSeconds: 0, batchFrames: BATCH });

/** A site, a video, the hashes of an undisturbed job on it, and the tasks that have been done since. */
async function openScene(options: SmallSiteOptions = {}) {
  await using resources = new AsyncDisposableStack();
  const done: string[] = [];
  const site = resources.use(
    await openSmallSite({
      onTask: ({ stage, outcome }) => {
        if (outcome === "done") done.push(stage);
      },
      ...options,
    }),
  );
  const video = join(site.folder, "video.mp4");
  await writeClip(video, { seconds: FRAMES / 25 });
  const calm = await site.submit(video, { execution: PARALLEL });
  assert.equal((await site.ended(calm)).state, "succeeded");
  const owned = resources.move();
  return {
    site,
    video,
    undisturbed: await hashes(site, calm),
    /** Tasks of a stage since the last call. */
    count: (stage: string): number => done.filter((each) => each === stage).length,
    reset: () => done.splice(0),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Results that must be equal byte by byte, however a job came to them. */
async function hashes(site: SmallSite, job: JobId): Promise<(string | undefined)[]> {
  const { artifacts } = (await site.pipeline.jobs.result(job))!;
  return ["frames.jsonl", "tracks.jsonl", "mot.txt"].map((name) => artifacts[name]?.sha256);
}

async function framesInferred(site: SmallSite, job: JobId): Promise<number> {
  return (await site.view(job)).progress.inferred;
}

/** Intermediates go right after the job has ended. */
async function workIsGone(site: SmallSite, job: JobId): Promise<void> {
  const work = async () => Array.fromAsync(site.pipeline.objects.list(`jobs/${job}/work`));
  for (let left = await work(); left.length > 0; left = await work()) await sleep(5);
}

for (const [what, execution] of [
  ["in parallel", PARALLEL],
  ["in one go", IN_ONE_GO],
] as const) {
  test(`gaps that infer left are filled by a retry, and nothing else is inferred (${what})`, async (t) => {
    const disturbed = newJobId();
    let blocked = "";
    // A file stands where the results of infer are to go.
    const store = (folder: ObjectStore): ObjectStore => ({
      ...folder,
      async put(key, body, options) {
        await folder.put(key, body, options);
        if (blocked === "" && key.startsWith(`jobs/${disturbed}/`) && key.endsWith("/plan.json")) {
          blocked = key.replace("plan.json", "infer");
          await folder.put(blocked, "in the way");
        }
      },
    });
    await using scene = await openScene({ store });
    const { site, video, undisturbed } = scene;
    await site.submit(video, { id: disturbed, execution });
    await site.until(disturbed, ({ progress }) => progress.inferred >= 3);
    await site.pipeline.objects.delete(blocked);
    const first = await site.ended(disturbed);
    assert.equal(first.state, "succeeded_with_warnings");
    assert.notDeepEqual(await hashes(site, disturbed), undisturbed);
    const gaps = first.warnings.map(({ detail }) => /^Frames (\d+) to (\d+) /.exec(detail)!);
    const missing = gaps.reduce((sum, [, from, to]) => sum + Number(to) - Number(from) + 1, 0);

    scene.reset();
    await site.pipeline.jobs.retry(disturbed);
    const second = await site.ended(disturbed);
    assert.deepEqual([second.state, second.run, second.warnings], ["succeeded", 2, []]);
    assert.deepEqual(await hashes(site, disturbed), undisturbed);
    t.diagnostic(
      `${missing} of ${FRAMES} frames were missing; infer had ${scene.count("infer")} tasks`,
    );
    assert.ok(missing > 0 && missing < FRAMES / 2);
    assert.ok(scene.count("infer") <= missing, "a task for every batch with a gap at most");
    await workIsGone(site, disturbed);
  });
}

test("a job that fails half way goes on where it was, and again when the retry fails", async (t) => {
  await using scene = await openScene();
  const { site, video, undisturbed } = scene;
  const job = await site.submit(video, { execution: PARALLEL });
  const problem = new ProblemError("internal", "The test says so.").toProblem();
  await site.until(job, ({ progress }) => progress.inferred >= FRAMES / 2);
  await site.pipeline.jobs.fail(job, problem);
  assert.equal((await site.view(job)).state, "failed");
  await site.pipeline.jobs.retry(job);
  // It fails again before it came to everything that the first run left.
  await site.until(job, ({ progress }) => progress.inferred > 0);
  await site.pipeline.jobs.fail(job, problem);
  assert.deepEqual([(await site.view(job)).state, (await site.view(job)).run], ["failed", 2]);

  scene.reset();
  await site.pipeline.jobs.retry(job);
  const view = await site.ended(job);
  assert.deepEqual([view.state, view.run, view.problem], ["succeeded", 3, undefined]);
  assert.deepEqual(await hashes(site, job), undisturbed);
  t.diagnostic(`infer had ${scene.count("infer")} tasks of ${FRAMES / BATCH}`);
  // Some of them may be of the run before, and find it over.
  assert.ok(scene.count("infer") <= (FRAMES / BATCH) * 0.7);
  assert.equal(await framesInferred(site, job), FRAMES);
  await workIsGone(site, job);
});

test("a video that could not be written is written by a retry, which infers nothing", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fq-retry-"));
  const program = join(folder, "ffmpeg");
  const run = (command: string): Promise<void> =>
    writeFile(program, `#!/bin/sh\n${command}\n`, { mode: 0o755 });
  await run("exit 1");
  await using scene = await openScene({ renderWith: program });
  const { site, video, undisturbed } = scene;
  const job = await site.submit(video, { execution: PARALLEL, render: true });
  const first = await site.ended(job);
  assert.deepEqual(
    [first.state, first.warnings.map(({ code }) => code)],
    ["succeeded_with_warnings", ["render-failed"]],
  );
  await run('exec ffmpeg "$@"');
  scene.reset();
  await site.pipeline.jobs.retry(job);
  const second = await site.ended(job);
  assert.deepEqual([second.state, second.warnings], ["succeeded", []]);
  assert.ok("annotated.mp4" in second.results);
  assert.deepEqual(await hashes(site, job), undisturbed);
  assert.equal(scene.count("infer"), 0);
  await rm(folder, { recursive: true });
});

test("a source that is missing, and then is there", async () => {
  await using scene = await openScene();
  const { site, video, undisturbed } = scene;
  const path = `${video}.later.mp4`;
  const job = await site.submit(path, { execution: PARALLEL });
  const first = await site.ended(job);
  assert.deepEqual([first.state, first.problem?.code], ["failed", "source-not-found"]);
  await rename(video, path);
  await site.pipeline.jobs.retry(job);
  assert.equal((await site.ended(job)).state, "succeeded");
  assert.deepEqual(await hashes(site, job), undisturbed);
});

test("a source that is another one now is worked on from the start", async () => {
  await using scene = await openScene();
  const { site, video, undisturbed } = scene;
  const path = `${video}.other.mp4`;
  await writeClip(path, { seconds: FRAMES / 25, gop: 20 });
  const job = await site.submit(path, { execution: PARALLEL });
  await site.until(job, ({ progress }) => progress.inferred >= FRAMES / 4);
  await site.pipeline.jobs.fail(job, new ProblemError("internal", "So.").toProblem());
  await rename(video, path);
  scene.reset();
  await site.pipeline.jobs.retry(job);
  assert.equal((await site.ended(job)).state, "succeeded");
  assert.deepEqual(await hashes(site, job), undisturbed);
  assert.ok(scene.count("infer") >= FRAMES / BATCH);
});

test("a source that goes away while it is decoded, and comes back", async (t) => {
  await using scene = await openScene();
  const { site, video, undisturbed } = scene;
  const job = await site.submit(video, { execution: PARALLEL });
  await site.until(job, ({ progress }) => progress.inferred > FRAMES / 4);
  await rename(video, `${video}.away`);
  const first = await site.ended(job);
  assert.deepEqual([first.state, first.problem?.code], ["failed", "source-not-found"]);
  await rename(`${video}.away`, video);
  scene.reset();
  await site.pipeline.jobs.retry(job);
  assert.equal((await site.ended(job)).state, "succeeded");
  assert.deepEqual(await hashes(site, job), undisturbed);
  t.diagnostic(`infer had ${scene.count("infer")} tasks of ${FRAMES / BATCH}`);
  assert.ok(scene.count("infer") < FRAMES / BATCH);
  await workIsGone(site, job);
});
