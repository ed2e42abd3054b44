import assert from "node:assert/strict";
import { chmod, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  executionOptionsSchema,
  type JobView,
  type MessageStage,
  resultOptionsSchema,
} from "@framequeue/contracts";
import { storeColourModel } from "./colour-model.ts";
import { rowsOf } from "./small-results.ts";
import {
  openSmallSite,
  type SmallSite,
  type SmallSiteOptions,
  writeSmallVideo,
} from "./small-site.ts";
import { countFrames, writeClip } from "./clip.ts";

// Each stage that has ffmpeg or ffprobe for a tool, with one that is killed, one that hangs, and one that finds its disk
// full: an outage is waited for without an attempt counted, what may be the work's ends in a gap, a warning or a
// failed job, and nothing hangs.

/** Of pixels that a decoder gives before it falls ill on the way. */
const LATE_BYTES = 30 * 160 * 96 * 3;

type Illness = "well" | "killed" | "silent" | "killed late" | "silent late" | "no room";

interface Tool {
  readonly path: string;
  be(illness: Illness): Promise<void>;
}

/** The real program, that is as it was last told to be each time it starts. */
async function toolIn(folder: string, program: "ffmpeg" | "ffprobe"): Promise<Tool> {
  const path = join(folder, `ill-${program}`);
  const state = join(folder, "illness");
  const script = `#!/bin/sh
case " $* " in *" -version "*) exec ${program} "$@";; esac
case "$(cat ${state})" in
  killed) kill -9 $$;;
  silent) exec sleep 600;;
  "killed late") ${program} "$@" | head -c ${LATE_BYTES}; kill -9 $$;;
  "silent late") ${program} "$@" | head -c ${LATE_BYTES}; exec sleep 600;;
  "no room") for last; do :; done; ln -sf /dev/full "\${last#file:}";;
esac
exec ${program} "$@"
`;
  await writeFile(path, script);
  await chmod(path, 0o755);
  return {
    path,
    async be(illness) {
      await writeFile(`${state}.new`, illness);
      await rename(`${state}.new`, state);
    },
  };
}

type Task = Parameters<NonNullable<SmallSiteOptions["onTask"]>>[0];

interface Bench extends AsyncDisposable {
  readonly site: SmallSite;
  readonly tool: Tool;
  readonly video: string;
  /** How the tasks of that stage ended so far. */
  outcomes(stage: MessageStage): string[];
  /** Until tasks of that stage have ended so, that often. */
  met(stage: MessageStage, outcome: Task["outcome"], times?: number): Promise<void>;
}

async function openBench(
  program: "ffmpeg" | "ffprobe",
  options: (path: string) => SmallSiteOptions,
): Promise<Bench> {
  await using resources = new AsyncDisposableStack();
  const tasks: Task[] = [];
  const listeners = new Set<() => void>();
  const onTask = (task: Task): void => {
    tasks.push(task);
    for (const listener of listeners) listener();
  };
  const folder = await mkdtemp(join(tmpdir(), "fq-tools-"));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  const tool = await toolIn(folder, program);
  const site = resources.use(await openSmallSite({ onTask, ...options(tool.path) }));
  const video = join(site.folder, "small.mp4");
  await writeSmallVideo(video, 4);
  const owned = resources.move();
  const outcomes = (stage: MessageStage): string[] =>
    tasks.filter((task) => task.stage === stage).map(({ outcome }) => outcome);
  return {
    ...{ site, tool, video, outcomes },
    async met(stage, outcome, times = 1) {
      while (outcomes(stage).filter((each) => each === outcome).length < times) {
        const { promise, resolve } = Promise.withResolvers<void>();
        listeners.add(resolve);
        await promise;
        listeners.delete(resolve);
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const SILENCE_MS = 1_000;
const WHOLE = executionOptionsSchema.parse({ segmentSeconds: 0, batchFrames: 8 });

function summary({ state, problem, warnings }: JobView): unknown[] {
  return [state, problem?.code, warnings.map(({ code }) => code)];
}

for (const illness of ["killed late", "silent late"] as const) {
  test(`decode: a decoder that is ${illness}`, async () => {
    await using bench = await openBench("ffmpeg", (decodeWith) => ({
      decodeWith,
      silenceMs: SILENCE_MS,
    }));
    const { site, tool, video } = bench;
    await tool.be(illness);
    const job = await site.submit(video, { execution: WHOLE });
    await bench.met("decode", "retry");
    await tool.be("well");
    assert.deepEqual(summary(await site.ended(job)), ["succeeded", undefined, []]);
    assert.equal((await rowsOf(site, job)).length, 100);

    await tool.be(illness);
    const worse = await site.submit(video, { execution: WHOLE });
    const view = await site.ended(worse);
    assert.equal(view.state, "succeeded_with_warnings");
    const rows = await rowsOf(site, worse);
    assert.deepEqual(rows.at(-1), { gap: { from: 24, to: 99, reason: "decode-error" } });
  });
}

for (const [illness, code, outcomes] of [
  // What killed it may be anybody's fault: it is tried as often as a task is.
  ["killed", "internal", ["retry", "retry", "retry", "retry", "failed"]],
  // What ffprobe cannot make out in its time is no video.
  ["silent", "source-not-video", ["failed"]],
] as const) {
  test(`ingest: an ffprobe that is ${illness}`, async () => {
    await using bench = await openBench("ffprobe", (probeWith) => ({
      probeWith,
      silenceMs: SILENCE_MS,
    }));
    const { site, tool, video } = bench;
    await tool.be(illness);
    const view = await site.ended(await site.submit(video));
    assert.deepEqual(summary(view), ["failed", code, []]);
    assert.deepEqual(bench.outcomes("ingest"), outcomes);
    if (illness !== "killed") return;
    const job = await site.submit(video);
    await bench.met("ingest", "retry", outcomes.length);
    await tool.be("well");
    assert.deepEqual(summary(await site.ended(job)), ["succeeded", undefined, []]);
  });
}

for (const illness of ["killed", "silent"] as const) {
  test(`render: an ffmpeg that is ${illness} costs the video alone, and that only in the end`, async () => {
    await using bench = await openBench("ffmpeg", (renderWith) => ({
      renderWith,
      silenceMs: SILENCE_MS,
    }));
    const { site, tool, video } = bench;
    await tool.be(illness);
    const job = await site.submit(video, { render: true });
    const view = await site.ended(job);
    assert.deepEqual(summary(view), ["succeeded_with_warnings", undefined, ["render-failed"]]);
    assert.deepEqual(bench.outcomes("render"), ["retry", "retry", "done"]);
    assert.equal("annotated.mp4" in view.results, false);
    assert.equal((await rowsOf(site, job)).length, 100);
    if (illness === "killed") {
      const next = await site.submit(video, { render: true });
      await bench.met("render", "retry", 3);
      await tool.be("well");
      const ended = await site.ended(next);
      assert.deepEqual(summary(ended), ["succeeded", undefined, []]);
      assert.ok("annotated.mp4" in ended.results);
    }
  });

  test(`cut: an ffmpeg that is ${illness} costs the views alone, and that only in the end`, async () => {
    await using bench = await openBench("ffmpeg", (cutWith) => ({
      cutWith,
      silenceMs: SILENCE_MS,
    }));
    const { site, tool } = bench;
    const video = join(site.folder, "walk.mp4");
    await writeClip(video, { seconds: 2 });
    await tool.be(illness);
    const models = [site.model, await storeColourModel(site)];
    const options = resultOptionsSchema.parse({ views: { perTrack: 1 } });
    const job = await site.submit(video, { models, options });
    const view = await site.ended(job);
    // Models that were to look at them had nothing to look at.
    assert.deepEqual(summary(view), ["succeeded_with_warnings", undefined, ["inference-error"]]);
    assert.deepEqual(bench.outcomes("cut"), ["retry", "retry", "done"]);
    assert.equal((await rowsOf(site, job)).length, 50);
    const next = await site.submit(video, { models, options });
    await bench.met("cut", "retry", 3);
    await tool.be("well");
    assert.deepEqual(summary(await site.ended(next)), ["succeeded", undefined, []]);
  });
}

test("render: a disk that is full is waited for, and the video is whole once there is room", async () => {
  await using bench = await openBench("ffmpeg", (renderWith) => ({ renderWith }));
  const { site, tool, video } = bench;
  await tool.be("no room");
  const job = await site.submit(video, { render: true });
  await bench.met("render", "waits", 2);
  assert.equal((await site.view(job)).state, "finalizing");
  await tool.be("well");
  assert.deepEqual(summary(await site.ended(job)), ["succeeded", undefined, []]);
  assert.deepEqual(new Set(bench.outcomes("render")), new Set(["waits", "done"]));
  const { artifacts } = (await site.pipeline.jobs.result(job))!;
  await using written = await site.pipeline.objects.localCopy(artifacts["annotated.mp4"]!.key);
  assert.equal((await countFrames(written.path)).frames, 100);
});
