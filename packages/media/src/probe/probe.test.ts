import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ProblemError } from "@framequeue/contracts";
import type { ProblemCode } from "@framequeue/contracts";
import { probe } from "./probe.ts";
import { ClipFolder } from "../testing/clips.ts";

const MOVING = "-f lavfi -i testsrc2=s=160x120:r=25:d=1";

let clips: ClipFolder;
before(async () => {
  clips = await ClipFolder.create();
});
after(() => clips[Symbol.asyncDispose]());

async function refuses(path: string, code: ProblemCode, text: RegExp): Promise<void> {
  await assert.rejects(probe(path), (error) => {
    assert.ok(error instanceof ProblemError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, text);
    assert.ok(!error.message.includes(clips.path), error.message);
    return true;
  });
}

test("a clip with sound", async () => {
  const sine = " -f lavfi -i sine=d=2";
  const info = await probe(await clips.bFrames("sound é: 1.mp4", 2, sine));
  const { durationSeconds, startSeconds, ...rest } = info;
  assert.ok(Math.abs(durationSeconds - 2) < 0.1 && startSeconds === 0);
  assert.deepEqual(rest, {
    container: "mov,mp4,m4a,3gp,3g2,mj2",
    codec: "h264",
    streamIndex: 0,
    width: 160,
    height: 120,
    rotation: 0,
    timeBase: [1, 12800],
    indexedFrames: 50,
    statedEnd: 25600,
    hasAudio: true,
  });
});

test("turned and mirrored pictures have the size they are shown in", async () => {
  const plain = await clips.bFrames("plain.mp4", 1);
  const table: [string, number[], number, number][] = [
    ["clockwise.mp4", [0, 1, -1, 0], 90, 120],
    ["counterclockwise.mp4", [0, -1, 1, 0], 270, 120],
    ["upside-down.mp4", [-1, 0, 0, -1], 180, 160],
    ["turned-and-mirrored.mp4", [0, 1, 1, 0], 90, 120],
  ];
  for (const [name, matrix, rotation, width] of table) {
    const info = await probe(await clips.turn(plain, name, matrix));
    assert.deepEqual([name, info.rotation, info.width], [name, rotation, width]);
  }
});

test("width and height are those that ffmpeg itself shows with square pixels", async () => {
  const wide = await clips.encode("wide.mp4", `${MOVING} -vf setsar=64/45 -c:v libx264`);
  const table: [string, number[] | undefined][] = [
    ["wide.mp4", undefined],
    ["wide-turned.mp4", [0, 1, -1, 0]],
    ["wide-turned-back.mp4", [0, -1, 1, 0]],
    ["wide-upside-down.mp4", [-1, 0, 0, -1]],
  ];
  for (const [name, matrix] of table) {
    const path = matrix === undefined ? wide : await clips.turn(wide, name, matrix);
    const { width, height } = await probe(path);
    const shown = await clips.encode(
      `shown-${name}`,
      `-i ${path} -vf scale=round(iw*sar):ih,setsar=1 -frames:v 1 -c:v ffv1 -f matroska`,
    );
    const judged = await probe(shown);
    assert.deepEqual([name, width, height], [name, judged.width, judged.height]);
  }
  const tall = await clips.encode("tall.mkv", `${MOVING} -vf setsar=3/7 -c:v mpeg4`);
  assert.equal((await probe(tall)).width, Math.round((160 * 3) / 7));
});

test("odd sizes and other containers", async () => {
  const path = await clips.encode(
    "odd.mkv",
    "-f lavfi -i color=s=161x121:r=10:d=1,format=yuv444p -c:v libx264",
  );
  const info = await probe(path);
  assert.deepEqual([info.width, info.height, info.indexedFrames], [161, 121, undefined]);
});

test("what is no video is refused with a reason", async () => {
  await refuses(clips.file("none.mp4"), "source-not-found", /^none\.mp4 does not exist/);
  await refuses(clips.path, "source-not-video", /not a file/);
  await refuses(await clips.write("empty.mp4", ""), "source-empty", /no bytes/);
  await refuses(
    await clips.write("text.mp4", "This is not a video.\n".repeat(50)),
    "source-not-video",
    /Invalid data/,
  );
  const whole = await clips.bFrames("whole.mp4", 1);
  const headless = await clips.truncate(whole, "headless.mp4", 0.5);
  await refuses(headless, "source-not-video", /moov atom not found/);
  const sound = await clips.encode("sound.mp4", "-f lavfi -i sine=d=1");
  await refuses(sound, "source-no-video-stream", /audio/);
});

test("a playlist cannot reach other files", async () => {
  await clips.bFrames("secret.mp4", 1);
  const concat = await clips.write("concat.mp4", "ffconcat version 1.0\nfile secret.mp4\n");
  await refuses(concat, "source-not-video", /a playlist \(ffmpeg's concat\)/);
  const hls = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nsecret.mp4\n#EXT-X-ENDLIST\n";
  await refuses(await clips.write("hls.mp4", hls), "source-not-video", /a playlist \(HLS\)/);
});

test("pictures over the limit are refused", async () => {
  const path = await clips.bFrames("large.mp4", 1);
  await assert.rejects(probe(path, { limits: { maxPixels: 160 * 119 } }), {
    code: "source-too-large",
  });
  await assert.rejects(probe(path, { limits: { maxSeconds: 0.5 } }), { code: "source-too-large" });
});

test("an aborted probe rejects with the signal's reason", async () => {
  const path = await clips.bFrames("abort.mp4", 1);
  await assert.rejects(probe(path, { signal: AbortSignal.abort(new Error("no more")) }), /no more/);
});
