import assert from "node:assert/strict";
import { chmod, open, stat } from "node:fs/promises";
import { after, before, test } from "node:test";
import type { PixelLayout } from "@framequeue/contracts";
import { openDecoder } from "./decode.ts";
import { scanPackets } from "../probe/packet-scan.ts";
import { probe } from "../probe/probe.ts";
import { planSegments } from "../probe/segments.ts";
import { ClipFolder } from "../testing/clips.ts";
import { noChildProcesses } from "../testing/processes.ts";
import { readAll } from "../testing/read-all.ts";

let clips: ClipFolder;
before(async () => {
  clips = await ClipFolder.create();
});
after(() => clips[Symbol.asyncDispose]());

const WHOLE = { frames: 0 };

/** Decodes a clip in segments and as a whole; both must be the same to the byte. */
async function comparePlans(path: string, segmentSeconds: number): Promise<number> {
  const info = await probe(path);
  const scan = await scanPackets(path, info.streamIndex);
  const plan = planSegments(info, scan, { segmentSeconds });
  assert.equal(plan.mode, "parallel", plan.reason);
  const whole = await readAll(path, info, WHOLE);
  const pts: number[] = [];
  const hashes: string[] = [];
  for (const segment of plan.segments) {
    const part = await readAll(path, info, segment);
    assert.equal(part.report.matched, true, part.report.mismatch);
    assert.deepEqual(part.report.errors, []);
    pts.push(...part.pts);
    hashes.push(...part.hashes);
  }
  assert.deepEqual(pts, whole.pts);
  assert.deepEqual(hashes, whole.hashes);
  return plan.segments.length;
}

test("segments give the same frames as the whole: B-frames", async () => {
  assert.equal(await comparePlans(await clips.bFrames("closed.mp4", 5), 1), 5);
});

test("segments give the same frames as the whole: open groups, uneven times, matroska", async () => {
  assert.ok((await comparePlans(await clips.openGopVfr("open.mkv", 5), 1)) >= 3);
});

test("segments give the same frames as the whole: sound first, a start that is not 0", async () => {
  const path = await clips.encode(
    "late.mp4",
    "-f lavfi -i sine=d=4 -itsoffset 0.36 -f lavfi -i testsrc2=s=160x120:r=30000/1001:d=4 " +
      "-output_ts_offset 5 -map 0 -map 1 -c:v libx264 -preset veryfast -g 30 -bf 2",
  );
  assert.ok((await comparePlans(path, 1)) >= 3);
});

test("frames picked out of a segment are those of the whole", async () => {
  const path = await clips.openGopVfr("picked.mkv", 5);
  const info = await probe(path);
  const scan = await scanPackets(path, info.streamIndex);
  const { segments } = planSegments(info, scan, { segmentSeconds: 1 });
  const whole = await readAll(path, info, WHOLE);
  const first = segments[0]!.frames;
  const only = [0, 3, segments[1]!.frames - 1];
  const picked = await readAll(path, info, segments[1]!, { only });
  assert.deepEqual(
    picked.hashes,
    only.map((n) => whole.hashes[first + n]),
  );
  assert.deepEqual(
    picked.pts,
    only.map((n) => whole.pts[first + n]),
  );
  assert.deepEqual((await readAll(path, info, WHOLE, { only: [7] })).hashes, [whole.hashes[7]]);
});

test("a segment that is not what the plan promised is reported", async () => {
  const path = await clips.bFrames("promise.mp4", 2);
  const info = await probe(path);
  const wrong = await readAll(path, info, { startPts: 12800, ptsDeltas: [12800, 500], frames: 2 });
  assert.equal(wrong.report.matched, false);
  assert.match(wrong.report.mismatch ?? "", /pts 13312 instead of 13300/);
  const past = await readAll(path, info, { startPts: 99999, ptsDeltas: [99999], frames: 1 });
  assert.match(past.report.mismatch ?? "", /0 frames instead of 1/);
});

test("a segment with damage in it is not trusted", async () => {
  const path = await clips.bFrames("damage.mp4", 4);
  const info = await probe(path);
  const plan = planSegments(info, await scanPackets(path, info.streamIndex), { segmentSeconds: 1 });
  assert.equal(plan.mode, "parallel", plan.reason);
  const { size } = await stat(path);
  await using file = await open(path, "r+");
  await file.write(Buffer.alloc(1_000, 0xff), 0, 1_000, Math.floor(size / 2));
  const reports = [];
  for (const segment of plan.segments) reports.push((await readAll(path, info, segment)).report);
  const trusted = reports.map(({ matched }) => matched);
  assert.ok(trusted.includes(true) && trusted.includes(false), trusted.join());
});

test("a truncated file: what is there, and how much is missing", async () => {
  const whole = await clips.encode(
    "fast.mp4",
    "-f lavfi -i testsrc2=s=160x120:r=25:d=4 -c:v libx264 -movflags +faststart",
  );
  const path = await clips.truncate(whole, "cut.mp4", 0.6);
  const info = await probe(path);
  const plan = planSegments(info, await scanPackets(path, 0), { segmentSeconds: 1 });
  assert.deepEqual([plan.mode, plan.expectedFrames], ["sequential", 100]);
  const { report } = await readAll(path, info, plan.segments[0] ?? WHOLE);
  assert.equal(report.truncated, true);
  const frames = report.pts.length;
  assert.ok(frames > 20 && frames < 80, `${frames}`);
  assert.deepEqual(report.missing, [{ before: frames, frames: 100 - frames }]);
});

test("a file without a single good frame is damaged", async () => {
  const whole = await clips.encode(
    "good.mp4",
    "-f lavfi -i testsrc2=s=160x120:r=25:d=1 -c:v libx264 -movflags +faststart",
  );
  const path = await clips.truncate(whole, "headonly.mp4", 0.07);
  const info = await probe(path);
  await assert.rejects(readAll(path, info, { frames: 25 }), { code: "source-damaged" });
});

test("each layout has its bytes where they belong", async () => {
  const path = await clips.encode(
    "red.mp4",
    "-f lavfi -i color=red:s=64x48:d=0.2 -c:v libx264 -pix_fmt yuv420p",
  );
  const info = await probe(path);
  const expected: [PixelLayout, number, (bytes: Uint8Array) => number[], number[]][] = [
    ["gbrp", 7 * 5 * 3, (b) => [b[0] ?? -1, b[35] ?? -1, b[70] ?? -1], [0, 0, 254]],
    ["rgb24", 7 * 5 * 3, (b) => [b[1] ?? -1, b[2] ?? -1, b[0] ?? -1], [0, 0, 254]],
    ["yuv420p", 7 * 5 + 2 * 4 * 3, (b) => [b[0] ?? -1, b[35] ?? -1, b[47] ?? -1], [82, 90, 240]],
  ];
  for (const [layout, size, pick, colour] of expected) {
    await using reader = openDecoder(path, {
      info,
      segment: WHOLE,
      frame: { width: 7, height: 5 },
      layout,
    });
    assert.equal(reader.frameBytes, size);
    const target = new Uint8Array(size);
    assert.deepEqual(await reader.read(target, 1), [0]);
    const got = pick(target);
    for (const [index, value] of colour.entries()) {
      assert.ok(Math.abs((got[index] ?? -1) - value) <= 3, `${layout}: ${got.join(" ")}`);
    }
  }
});

test("pictures come upright, mirrored ones too", async () => {
  const plain = await clips.encode(
    "corner.mp4",
    "-f lavfi -i color=black:s=64x48:d=0.2,drawbox=0:0:24:16:white:fill -c:v libx264",
  );
  // Corners in the order top left, top right, bottom left, bottom right.
  const table: [string, number[], number[]][] = [
    ["t0.mp4", [1, 0, 0, 1], [1, 0, 0, 0]],
    ["t90.mp4", [0, 1, -1, 0], [0, 1, 0, 0]],
    ["t180.mp4", [-1, 0, 0, -1], [0, 0, 0, 1]],
    ["t270.mp4", [0, -1, 1, 0], [0, 0, 1, 0]],
    ["mirrored.mp4", [0, 1, 1, 0], [1, 0, 0, 0]],
  ];
  for (const [name, matrix, corners] of table) {
    const path = await clips.turn(plain, name, matrix);
    const info = await probe(path);
    const { width, height } = info;
    await using reader = openDecoder(path, {
      info,
      segment: WHOLE,
      frame: { width, height },
      layout: "gbrp",
    });
    const target = new Uint8Array(reader.frameBytes);
    await reader.read(target, 1);
    const at = (x: number, y: number) => ((target[y * width + x] ?? 0) > 128 ? 1 : 0);
    const got = [at(2, 2), at(width - 3, 2), at(2, height - 3), at(width - 3, height - 3)];
    assert.deepEqual([name, ...got], [name, ...corners]);
  }
});

test("aborting in the middle rejects the read and leaves no ffmpeg", async () => {
  const path = await clips.bFrames("abort.mp4", 5);
  const info = await probe(path);
  const controller = new AbortController();
  await using reader = openDecoder(path, {
    info,
    segment: WHOLE,
    frame: { width: 640, height: 480 },
    layout: "gbrp",
    signal: controller.signal,
  });
  const target = new Uint8Array(reader.frameBytes * 200);
  assert.equal((await reader.read(target, 3)).length, 3);
  const pending = reader.read(target, 200);
  controller.abort(new Error("enough"));
  await assert.rejects(pending, /enough/);
  await reader[Symbol.asyncDispose]();
  await noChildProcesses();
});

test("a decoder that nobody reads can be thrown away", async () => {
  const path = await clips.bFrames("unread.mp4", 2);
  const info = await probe(path);
  const reader = openDecoder(path, {
    info,
    segment: WHOLE,
    frame: { width: 1280, height: 720 },
    layout: "gbrp",
  });
  await reader[Symbol.asyncDispose]();
  await noChildProcesses();
});

test("the deadline ends a decode with a retryable problem", async () => {
  const path = await clips.bFrames("slow.mp4", 5);
  const info = await probe(path);
  await using reader = openDecoder(path, {
    info,
    segment: WHOLE,
    frame: { width: 1280, height: 720 },
    layout: "gbrp",
    deadlineMs: 20,
  });
  const target = new Uint8Array(reader.frameBytes * 125);
  await assert.rejects(reader.read(target, 125), { code: "frame-undecodable", retryable: true });
});

test("pictures do not depend on what the processor can do", async () => {
  const plain = await clips.write("plain-cpu", '#!/bin/sh\nexec ffmpeg -cpuflags 0 "$@"\n');
  await chmod(plain, 0o755);
  const tools = { ffmpeg: plain, ffprobe: "ffprobe" };
  const source = "-f lavfi -i testsrc2=s=320x240:r=25:d=1,format=yuv420p";
  const codecs = ["mpeg4 -vtag XVID -bf 2 a.avi", "wmv2 a.wmv", "mpeg2video a.mpg", "mjpeg a.mov"];
  for (const codec of [...codecs, "libx264 a.mp4", "libvpx-vp9 -cpu-used 8 a.webm"]) {
    const [name = "", ...options] = codec.split(" ").toReversed();
    const args = `${source} -c:v ${options.toReversed().join(" ")}`;
    const path = await clips.encode(name, args);
    const info = await probe(path);
    const own = await readAll(path, info, WHOLE);
    assert.ok(own.pts.length >= 24, name);
    assert.deepEqual((await readAll(path, info, WHOLE, { tools })).hashes, own.hashes, codec);
  }
});
