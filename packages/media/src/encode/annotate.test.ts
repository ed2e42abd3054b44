import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chmod, readFile, stat, symlink } from "node:fs/promises";
import { after, before, test } from "node:test";
import type { DetectionRow, FrameRow, MediaInfo } from "@framequeue/contracts";
import { annotate, writeOverlay } from "./annotate.ts";
import type { AnnotateOptions } from "./annotate.ts";
import { openDecoder } from "../decode/decode.ts";
import { FrameClock } from "../decode/frame-clock.ts";
import { probe } from "../probe/probe.ts";
import { ClipFolder } from "../testing/clips.ts";
import { noChildProcesses } from "../testing/processes.ts";
import { readAll } from "../testing/read-all.ts";

let clips: ClipFolder;
before(async () => {
  clips = await ClipFolder.create();
});
after(() => clips[Symbol.asyncDispose]());

const WHOLE = { frames: 0 };
const CELL = 20;

/** A square in one of six places, by the number of the frame. */
function cellOf(frame: number): DetectionRow {
  const box: DetectionRow["box"] = [4 + (frame % 6) * 26, 60, CELL, CELL];
  return { box, score: 0.5, classId: 0, label: "x" };
}

function rowsOf(pts: readonly number[]): FrameRow[] {
  return pts.map((each, frame) => ({ frame, pts: each, detections: [cellOf(frame)] }));
}

/** The places in which each frame of an annotated video shows a square. */
async function shownCells(path: string, info: MediaInfo): Promise<number[][]> {
  const { width, height } = info;
  await using reader = openDecoder(path, {
    info,
    segment: WHOLE,
    frame: { width, height },
    layout: "yuv420p",
  });
  const target = new Uint8Array(reader.frameBytes);
  const shown: number[][] = [];
  while ((await reader.read(target, 1)).length === 1) {
    const cells = [0, 1, 2, 3, 4, 5].filter((cell) => {
      const [x, y] = cellOf(cell).box;
      const edge = [-1, 0, 1].map((dx) => target[(y + CELL / 2) * width + x + dx] ?? 0);
      return Math.max(...edge) > 45;
    });
    shown.push(cells);
  }
  return shown;
}

async function annotateClip(
  path: string,
  rows: (pts: readonly number[]) => FrameRow[],
  options: Partial<AnnotateOptions> = {},
) {
  const info = await probe(path);
  const { pts, report } = await readAll(path, info, WHOLE);
  const isReshaped = report.shapes.length > 1;
  const assPath = clips.file("it's: an, [overlay];.ass");
  const clock = new FrameClock(pts, info.timeBase);
  await writeOverlay(assPath, rows(pts), info, clock);
  const output = clips.file("annotated.mp4");
  const progress: number[] = [];
  const onProgress = (frames: number) => void progress.push(frames);
  const fixed = { source: path, info, clock, isReshaped, assPath, output, crf: 10, onProgress };
  await annotate({ ...fixed, ...options });
  const result = await probe(output);
  const seconds = ({ timeBase, startSeconds }: MediaInfo, ticks: number) =>
    (ticks * timeBase[0]) / timeBase[1] - startSeconds;
  const annotated = await readAll(output, result, WHOLE);
  return {
    info,
    result,
    output,
    progress,
    ticks: [...clock.ticks].map((each) => seconds(info, each)),
    before: pts.map((each) => seconds(info, each)),
    after: annotated.pts.map((each) => seconds(result, each)),
  };
}

function assertSameTimes(before: number[], after: number[]): void {
  assert.equal(after.length, before.length);
  const shift = (after[0] ?? 0) - (before[0] ?? 0);
  for (const [frame, seconds] of before.entries()) {
    assert.ok(Math.abs((after[frame] ?? 0) - seconds - shift) < 1e-4, `frame ${frame}`);
  }
}

const NO_FULL_DISK = existsSync("/dev/full") ? false : "there is no /dev/full on this system";

test("each overlay is on its own frame: 60 per second", async () => {
  const path = await clips.encode(
    "sixty.mp4",
    "-f lavfi -i color=black:s=160x120:r=60:d=1 -c:v libx264 -bf 2",
  );
  const { before, after, output, result, progress } = await annotateClip(path, rowsOf);
  assertSameTimes(before, after);
  const shown = await shownCells(output, result);
  assert.deepEqual(
    shown,
    Array.from({ length: 60 }, (_, frame) => [frame % 6]),
  );
  assert.equal(progress.at(-1), 60);
});

test("each overlay is on its own frame: uneven times, 2 ms apart", async () => {
  const path = await clips.encode(
    "uneven.mkv",
    "-f lavfi -i color=black:s=160x120:r=50:d=1 -vf settb=1/1000,setpts=N*20-mod(N\\,4)*18+333 " +
      "-fps_mode passthrough -enc_time_base 1/1000 -c:v libx264 -bf 2",
  );
  const { before, after, output, result } = await annotateClip(path, rowsOf);
  assert.ok(before.some((each, frame) => frame > 0 && each - (before[frame - 1] ?? 0) < 0.0025));
  assertSameTimes(before, after);
  const shown = await shownCells(output, result);
  assert.deepEqual(
    shown,
    Array.from({ length: 50 }, (_, frame) => [frame % 6]),
  );
});

const BLACK = "-f lavfi -i color=black:s=160x120:r=25:d=1 -c:v libx264 -bf 2";

/** Clips whose clock is not as one would wish, and where it goes on its own way. */
const clocks: [name: string, make: () => Promise<string>][] = [
  ["jumps ahead", () => joined("ahead.ts", "black.ts", "later.ts")],
  ["is set back", () => joined("back.ts", "later.ts", "black.ts")],
  ["begins again", () => joined("again.ts", "black.ts", "black.ts")],
  [
    "stands still",
    () =>
      clips.encode(
        "still.mkv",
        `${BLACK.replace("-bf 2", "-bf 0")} -bsf:v setts=ts=if(eq(N\\,9)\\,PREV_OUTPTS\\,TS)`,
      ),
  ],
  [
    "counts three thousand a second",
    () =>
      clips.encode(
        "fast.mp4",
        "-f lavfi -i color=black:s=160x120:r=3000:d=0.02 -c:v libx264 -bf 2 -video_track_timescale 90000",
      ),
  ],
];

async function joined(name: string, ...parts: string[]): Promise<string> {
  await clips.encode("black.ts", BLACK);
  await clips.encode("later.ts", `${BLACK} -output_ts_offset 100`);
  const bytes = await Promise.all(parts.map((part) => readFile(clips.file(part))));
  return clips.write(name, Buffer.concat(bytes));
}

for (const [name, make] of clocks) {
  test(`each overlay is on its own frame: a clock that ${name}`, async () => {
    const { ticks, after, output, result } = await annotateClip(await make(), rowsOf);
    assertSameTimes(ticks, after);
    assert.deepEqual(
      await shownCells(output, result),
      ticks.map((_, frame) => [frame % 6]),
    );
  });
}

test("the last picture is shown for as long as in the source", async () => {
  const path = await clips.encode(
    "last.mp4",
    "-f lavfi -i color=black:s=160x120:r=25:d=1 -c:v libx264 -bf 2 -video_track_timescale 90000",
  );
  for (const lastTicks of [3600, 141_300]) {
    const { result, before } = await annotateClip(path, rowsOf, { lastTicks });
    const end = result.durationSeconds;
    assert.ok(Math.abs(end - before.at(-1)! - lastTicks / 90_000) < 2e-3, `${end} s`);
  }
});

test("pixels that are not square become square, and boxes sit on what they are of", async () => {
  const path = await clips.encode(
    "flat.mp4",
    "-f lavfi -i color=black:s=80x120:r=25:d=1 -vf setsar=2/1 -c:v libx264",
  );
  const { info, result, output } = await annotateClip(path, rowsOf);
  assert.deepEqual([info.width, info.height, result.width, result.height], [160, 120, 160, 120]);
  const cells = await shownCells(output, result);
  assert.deepEqual(
    cells,
    cells.map((_, frame) => [frame % 6]),
  );
});

test("a picture of another shape is seen whole, also where the clock is set back with it", async () => {
  const wide = "-f lavfi -i color=gray:s=160x120:r=25:d=1 -c:v libx264 -bf 0";
  await clips.encode("wide.ts", `${wide} -output_ts_offset 100`);
  await clips.encode("tall.ts", wide.replace("160x120", "60x120"));
  await clips.encode("wide.h264", wide);
  await clips.encode("tall.h264", wide.replace("160x120", "60x120"));
  for (const kind of ["ts", "h264"]) {
    const parts = await Promise.all(
      [`wide.${kind}`, `tall.${kind}`].map((name) => readFile(clips.file(name))),
    );
    const path = await clips.write(`shapes.${kind}`, Buffer.concat(parts));
    const { result, output, ticks, after } = await annotateClip(path, (pts) =>
      pts.map((each, frame) => ({ frame, pts: each, detections: [] })),
    );
    assertSameTimes(ticks, after);
    const { width, height } = result;
    const opened = { info: result, segment: WHOLE, frame: result, layout: "yuv420p" } as const;
    await using reader = openDecoder(output, opened);
    const target = new Uint8Array(reader.frameBytes);
    for (let frame = 0; frame < 50; frame++) {
      assert.equal((await reader.read(target, 1)).length, 1);
      const middle = target.subarray((width * height) / 2, (width * height) / 2 + width);
      const grey = middle.filter((each) => each > 70).length;
      assert.ok(Math.abs(grey - (frame < 25 ? 160 : 60)) <= 2, `${kind} ${frame}: ${grey}`);
      assert.ok(frame < 25 || (middle[45]! < 40 && middle[80]! > 70 && middle[114]! < 40));
    }
  }
});

test("odd sizes become even, full range becomes limited, sound stays", async () => {
  const path = await clips.encode(
    "odd.mkv",
    "-f lavfi -i color=white:s=161x121:r=25:d=1,format=yuvj444p -f lavfi -i sine=d=1 -c:v libx264 -c:a libvorbis",
  );
  const { result, output, before, after } = await annotateClip(path, (pts) =>
    pts.map((each, frame) => ({ frame, pts: each, detections: [] })),
  );
  assertSameTimes(before, after);
  assert.deepEqual([result.width, result.height, result.hasAudio], [162, 122, true]);
  await using reader = openDecoder(output, {
    info: result,
    segment: WHOLE,
    frame: result,
    layout: "yuv420p",
  });
  const target = new Uint8Array(reader.frameBytes);
  await reader.read(target, 1);
  assert.ok(Math.abs((target[162 * 60 + 80] ?? 0) - 235) <= 2, String(target[162 * 60 + 80]));
});

test("turned pictures are written upright", async () => {
  const plain = await clips.bFrames("plain.mp4", 1);
  const path = await clips.turn(plain, "turned.mp4", [0, 1, -1, 0]);
  const { result } = await annotateClip(path, rowsOf);
  assert.deepEqual([result.width, result.height, result.rotation], [120, 160, 0]);
});

test("a failure is a problem, and an abort leaves no ffmpeg", async () => {
  const path = await clips.bFrames("fails.mp4", 5);
  const info = await probe(path);
  const clock = new FrameClock([0], info.timeBase);
  const assPath = clips.file("fails.ass");
  await writeOverlay(assPath, [], info, clock);
  const output = clips.file("none/out.mp4");
  await assert.rejects(annotate({ source: path, info, clock, assPath, output }), {
    code: "render-failed",
  });
  const controller = new AbortController();
  const running = annotate({
    source: path,
    info,
    clock,
    assPath,
    output: clips.file("aborted.mp4"),
    preset: "placebo",
    signal: controller.signal,
  });
  controller.abort(new Error("enough"));
  await assert.rejects(running, /enough/);
  await noChildProcesses();
});

test("a disk that fills up, whenever it does, leaves no video that cannot be played", async () => {
  const path = await clips.bFrames("fills.mp4", 4);
  const info = await probe(path);
  const { pts } = await readAll(path, info, WHOLE);
  const clock = new FrameClock(pts, info.timeBase);
  const assPath = clips.file("fills.ass");
  await writeOverlay(assPath, rowsOf(pts), info, clock);
  const output = clips.file("fills.annotated.mp4");
  const fixed = { source: path, info, clock, assPath, output };
  await annotate(fixed);
  const blocks = Math.ceil((await stat(output)).size / 512);
  let refused = 0;
  for (const part of [0.01, 0.3, 0.6, 0.9, 0.95, 0.98]) {
    // As on a full disk, a write that does not fit any more fails; ffmpeg may call the result good all the same.
    const limit = Math.max(1, Math.floor(blocks * part));
    const script = `#!/bin/sh\ntrap '' XFSZ\nulimit -f ${limit}\nexec ffmpeg "$@"\n`;
    const small = await clips.write(`small-${limit}`, script);
    await chmod(small, 0o755);
    const tools = { ffmpeg: small, ffprobe: "ffprobe" };
    await assert.rejects(annotate({ ...fixed, tools }), { code: "store-full" }, `${part}`);
    refused++;
  }
  assert.equal(refused, 6);
});

test("a full disk is a fault of the disk, not of the video", { skip: NO_FULL_DISK }, async () => {
  const path = await clips.bFrames("full.mp4", 1);
  const assPath = clips.file("full.ass");
  const info = await probe(path);
  const clock = new FrameClock([0], info.timeBase);
  await writeOverlay(assPath, [], info, clock);
  const output = clips.file("on-full.mp4");
  await symlink("/dev/full", output);
  await assert.rejects(annotate({ source: path, info, clock, assPath, output }), {
    code: "store-full",
  });
});
