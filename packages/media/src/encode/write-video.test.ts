import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chmod, readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { ProblemError } from "@framequeue/contracts";
import { openDecoder } from "../decode/decode.ts";
import { KEY_FRAME, scanPackets } from "../probe/packet-scan.ts";
import { probe } from "../probe/probe.ts";
import { ClipFolder } from "../testing/clips.ts";
import { noChildProcesses } from "../testing/processes.ts";
import { writeVideo } from "./write-video.ts";

let clips: ClipFolder;
before(async () => {
  clips = await ClipFolder.create();
});
after(() => clips[Symbol.asyncDispose]());

const format = { width: 64, height: 48, fps: 10 };
const frameBytes = 64 * 48 * 3;

/** Frames of one red each, from dark to bright. */
function* reds(count: number): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) {
    yield new Uint8Array(frameBytes).map((_, at) => (at % 3 === 0 ? 20 + 10 * i : 0));
  }
}

test("frames become a video of their number, size, rate and colours, in their order", async () => {
  const output = clips.file("a ramp.mp4");
  await writeVideo({ ...format, frames: reds(20), output, crf: 5 });
  const info = await probe(output);
  assert.deepEqual([info.width, info.height, info.codec, info.hasAudio], [64, 48, "h264", false]);
  assert.equal(info.durationSeconds, 2);
  await using reader = openDecoder(output, {
    info,
    segment: { frames: 0 },
    frame: { width: 64, height: 48 },
    layout: "rgb24",
  });
  const pixels = new Uint8Array(new SharedArrayBuffer(reader.frameBytes * 30));
  const times = await reader.read(pixels, 30);
  const [numerator, denominator] = info.timeBase;
  assert.deepEqual(
    times.map((pts) => (pts * numerator) / denominator),
    Array.from({ length: 20 }, (_, i) => i / 10),
  );
  for (const i of times.keys()) {
    const [red, green, blue] = pixels.subarray(i * frameBytes + frameBytes / 2);
    const expected = 20 + 10 * i;
    assert.ok(Math.abs(red! - expected) < 6, `frame ${i}: red ${red}, not ${expected}`);
    assert.ok(green! < 8 && blue! < 8, `frame ${i}: green ${green}, blue ${blue}`);
  }
});

test("key frames come as often as asked for, and one encoder thread gives equal bytes", async () => {
  const outputs = [clips.file("first.mp4"), clips.file("second.mp4")] as const;
  for (const output of outputs) {
    await writeVideo({ ...format, frames: reds(20), output, gop: 5, threads: 1 });
  }
  const scan = await scanPackets(outputs[0], 0);
  const keyFrames = [...scan.flags].filter((flags) => (flags & KEY_FRAME) !== 0);
  assert.deepEqual([scan.packets, keyFrames.length], [20, 4]);
  assert.deepEqual(await readFile(outputs[0]), await readFile(outputs[1]));
});

test("an encoder that does not read is not fed", async () => {
  const ffmpeg = await clips.write("ffmpeg", "#!/bin/sh\nexec sleep 60\n");
  await chmod(ffmpeg, 0o755);
  let made = 0;
  const asked = Promise.withResolvers<void>();
  function* endless(): Generator<Uint8Array> {
    for (;;) {
      made++;
      asked.resolve();
      yield new Uint8Array(frameBytes * 100);
    }
  }
  const stop = new AbortController();
  const output = clips.file("endless.mp4");
  const writing = writeVideo({
    ...{ width: 640, height: 480, fps: 10, tools: { ffmpeg, ffprobe: "ffprobe" } },
    frames: endless(),
    output,
    signal: stop.signal,
  });
  await asked.promise;
  // Without back-pressure each of these turns would take another frame.
  for (let turn = 0; turn < 500; turn++) await setImmediate();
  stop.abort(new Error("enough"));
  await assert.rejects(writing, /enough/);
  assert.ok(made <= 4, `${made} frames`);
  await noChildProcesses();
});

test("a signal ends ffmpeg and leaves no file", async () => {
  const output = clips.file("aborted.mp4");
  const stop = new AbortController();
  function* endless(): Generator<Uint8Array> {
    for (let i = 0; ; i++) {
      if (i === 30) stop.abort(new Error("enough"));
      yield new Uint8Array(frameBytes);
    }
  }
  const writing = writeVideo({ ...format, frames: endless(), output, signal: stop.signal });
  await assert.rejects(writing, /enough/);
  assert.ok(!existsSync(output));
  await noChildProcesses();
});

test("what goes wrong with a frame ends it all, and leaves no file", async () => {
  const output = clips.file("broken.mp4");
  let closed = false;
  async function* failing(): AsyncGenerator<Uint8Array> {
    try {
      yield* reds(5);
      throw new Error("the camera fell down");
    } finally {
      closed = true;
    }
  }
  await assert.rejects(writeVideo({ ...format, frames: failing(), output }), /fell down/);
  assert.ok(closed);
  const short = [new Uint8Array(frameBytes), new Uint8Array(7)];
  await assert.rejects(
    writeVideo({ ...format, frames: short, output }),
    new RangeError(`a frame takes ${frameBytes} bytes, not 7`),
  );
  assert.ok(!existsSync(output));
  await noChildProcesses();
});

test("what ffmpeg cannot do is a problem in its own words, and closes the source", async () => {
  const output = clips.file("no such folder/video.mp4");
  const closed = Promise.withResolvers<void>();
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield new Uint8Array(frameBytes);
    } finally {
      closed.resolve();
    }
  }
  await assert.rejects(
    writeVideo({ ...format, frames: endless(), output }),
    (error) =>
      error instanceof ProblemError &&
      /^video\.mp4 could not be written\. ffmpeg says: .*No such file/.test(error.message) &&
      !error.message.includes(clips.path),
  );
  await closed.promise;
  await noChildProcesses();
});

test("a missing ffmpeg is said, and nothing is asked of the source forever", async () => {
  const tools = { ffmpeg: "/nowhere/ffmpeg", ffprobe: "ffprobe" };
  await assert.rejects(
    writeVideo({ ...format, frames: reds(3), output: clips.file("none.mp4"), tools }),
    /FFMPEG_PATH/,
  );
});

test("a signal that has aborted before is obeyed before any frame", async () => {
  let asked = false;
  function* unasked(): Generator<Uint8Array> {
    asked = true;
    yield new Uint8Array(frameBytes);
  }
  const signal = AbortSignal.abort(new Error("too late"));
  const output = clips.file("late.mp4");
  await assert.rejects(writeVideo({ ...format, frames: unasked(), output, signal }), /too late/);
  assert.ok(!asked);
});
