import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { after, before, test } from "node:test";
import { ProblemError } from "@framequeue/contracts";
import { packetArguments } from "./ffmpeg-arguments.ts";
import { runFfmpeg, runFfprobe } from "./ffmpeg.ts";
import { FrameSink } from "../decode/frame-sink.ts";
import { ClipFolder } from "../testing/clips.ts";
import { noChildProcesses } from "../testing/processes.ts";

let clips: ClipFolder;
let clip: string;
before(async () => {
  clips = await ClipFolder.create();
  clip = await clips.bFrames("a clip.mp4", 1);
});
after(() => clips[Symbol.asyncDispose]());

function rawFrames(source: string) {
  return {
    input: ["-loglevel", "level+info"],
    source: { path: source },
    output: ["-f", "rawvideo"],
  };
}

test("ffmpeg's output goes to the stream, its log to the listener", async () => {
  let bytes = 0;
  const stdout = new Writable({
    emitClose: false,
    write(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.length;
      done();
    },
  });
  const finished = new Promise((resolve) => stdout.once("finish", resolve));
  const lines: string[] = [];
  const run = runFfmpeg(rawFrames(clip), { stdout, onLine: (line) => lines.push(line) });
  assert.deepEqual(await run.exited, { code: 0, stoppedBy: undefined, errors: [] });
  await finished;
  assert.equal(bytes, 25 * 160 * 120 * 1.5);
  assert.ok(lines.some((line) => line.includes("Stream #0:0")));
});

test("a failure has its exit code and its error lines, without the folder", async () => {
  const run = runFfmpeg(rawFrames(clips.file("none.mp4")), { stdout: new FrameSink() });
  const exit = await run.exited;
  assert.notEqual(exit.code, 0);
  assert.match(exit.errors.join("\n"), /none\.mp4: No such file/);
  assert.ok(!exit.errors.join("\n").includes(clips.path));
});

test("aborting kills ffmpeg, even while it waits for its reader", async () => {
  const controller = new AbortController();
  const endless = {
    ...rawFrames(clip),
    input: ["-stream_loop", "-1", "-loglevel", "level+info"],
  };
  const sink = new FrameSink();
  const run = runFfmpeg(endless, { stdout: sink, signal: controller.signal });
  await sink.fill(new Uint8Array(1));
  controller.abort();
  const exit = await run.exited;
  assert.deepEqual([exit.code, exit.stoppedBy], [null, "abort"]);
  await noChildProcesses();
});

test("aborting before ffmpeg has started leaves none behind", async () => {
  const controller = new AbortController();
  const run = runFfmpeg(rawFrames(clip), { stdout: new FrameSink(), signal: controller.signal });
  controller.abort();
  assert.equal((await run.exited).stoppedBy, "abort");
  const late = runFfmpeg(rawFrames(clip), { stdout: new FrameSink(), signal: controller.signal });
  assert.equal((await late.exited).stoppedBy, "abort");
  await noChildProcesses();
});

test("the deadline ends ffmpeg", async () => {
  const run = runFfmpeg(
    { ...rawFrames(clip), input: ["-stream_loop", "-1", "-loglevel", "level+info"] },
    { stdout: new FrameSink(), deadlineMs: 50 },
  );
  assert.equal((await run.exited).stoppedBy, "deadline");
});

test("a missing program is a problem that says what to do", async () => {
  const tools = { ffmpeg: "/nowhere/ffmpeg", ffprobe: "/nowhere/ffprobe" };
  const runs = [
    runFfmpeg(rawFrames(clip), { tools, stdout: new FrameSink() }).exited,
    runFfprobe(packetArguments({ path: clip }, 0), { tools, onLine: () => undefined }).exited,
  ];
  for (const [index, name] of ["FFMPEG_PATH", "FFPROBE_PATH"].entries()) {
    await assert.rejects(runs[index] ?? Promise.resolve(), (error) => {
      return error instanceof ProblemError && error.message.includes(name);
    });
  }
});

test("ffprobe's output comes line by line", async () => {
  const lines: string[] = [];
  const run = runFfprobe(packetArguments({ path: clip }, 0), {
    onLine: (line) => lines.push(line),
  });
  assert.equal((await run.exited).code, 0);
  assert.equal(lines.length, 25);
  assert.match(lines[0] ?? "", /^0,-1024,512,\d+,K/);
});
