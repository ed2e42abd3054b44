import assert from "node:assert/strict";
import { chmod, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import {
  executionOptionsSchema,
  type JobId,
  type JobView,
  type MessageStage,
  resultOptionsSchema,
} from "@framequeue/contracts";
import { storeColourModel } from "./colour-model.ts";
import { rowsOf } from "./small-results.ts";
import { openSmallSite, type SmallSite, type SmallSiteOptions, writeSmallVideo } from "./small-site.ts";
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
async function toolAt(site: SmallSite, program: "ffmpeg" | "ffprobe"): Promise<Tool> {
  const path = join(site.folder, `ill-${program}`);
  const state = join(site.folder, "illness");
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
  /** Until a task of that stage has ended so. */
  met(stage: MessageStage, outcome: Task["outcome"]): Promise<void>;
}

/** Two sites on one Redis would share the work, so the second, whose tool is ill, has its own. */
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
  const healthy = resources.use(await openSmallSite());
  const tool = await toolAt(healthy, program);
  const site = resources.use(await openSmallSite({ onTask, ...options(tool.path) }));
  const video = join(site.folder, "small.mp4");
  await writeSmallVideo(video, 4);
  const owned = resources.move();
  const outcomes = (stage: MessageStage): string[] =>
    tasks.filter((task) => task.stage === stage).map(({ outcome }) => outcome);
  return {
    ...{ site, tool, video, outcomes },
    async met(stage, outcome) {
      while (!outcomes(stage).includes(outcome)) {
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
