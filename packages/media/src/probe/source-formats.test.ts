import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdir, rename, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { ProblemError } from "@framequeue/contracts";
import { probe } from "./probe.ts";
import { DEMUXERS } from "./source-formats.ts";
import { ClipFolder } from "../testing/clips.ts";

const run = promisify(execFile);

let clips: ClipFolder;
before(async () => {
  clips = await ClipFolder.create();
});
after(() => clips[Symbol.asyncDispose]());

async function refusal(path: string): Promise<string> {
  const error: unknown = await probe(path).then(
    () => assert.fail(`${path} is taken for a video`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ProblemError && error.code === "source-not-video", String(error));
  return error.message;
}

/** Runs the commands that a text names, each in the file's folder, and looks at what they make. */
async function tryRemedies(text: string, folder: string, commands: number): Promise<void> {
  const found = text.match(/ffmpeg -.*? video\.mkv/g) ?? [];
  assert.equal(found.length, commands, text);
  for (const command of found) {
    await run("sh", ["-c", command.replace("ffmpeg ", "ffmpeg -v error -y ")], { cwd: folder });
    assert.equal((await probe(join(folder, "video.mkv"))).width, 161, command);
  }
}

test("every demuxer that is let near a source exists, and none that opens other files or devices is among them", async () => {
  const { stdout } = await run("ffmpeg", ["-hide_banner", "-demuxers"]);
  const there = new Set(
    stdout.split("\n").flatMap((line) => line.split(/ +/)[2]?.split(",") ?? []),
  );
  const listed = DEMUXERS.split(",");
  assert.deepEqual(
    listed.filter((name) => !there.has(name)),
    [],
  );
  assert.equal(new Set(listed).size, listed.length);
  const barred =
    /^(?:hls|dash|concat|imf|webm_dash_manifest|image2|sdp|rtsp|rtp|sap|mlv|vobsub|lavfi|fbdev|x11grab|rawvideo|tty|apng|(?!jpeg).*_pipe)$/;
  assert.deepEqual(
    listed.filter((name) => barred.test(name)),
    [],
  );
});

test("recordings of cameras and raw streams are videos", async () => {
  const source = "-f lavfi -i testsrc2=s=320x240:r=25:d=1";
  const table: [string, string][] = [
    ["raw.mjpeg", "-c:v mjpeg -f mjpeg"],
    ["multipart.mjpg", "-c:v mjpeg -f mpjpeg"],
    ["camera.h263", "-s 352x288 -c:v h263 -f h263"],
    ["film.vob", "-c:v mpeg2video -f vob"],
    ["broadcast.mxf", "-c:v mpeg2video"],
    ["old.flic.smjpeg", "-c:v mjpeg -f smjpeg"],
    ["game.roq", "-s 320x240 -r 30 -c:v roqvideo -f roq"],
    [
      "archive.avs.dnxhd",
      "-frames:v 2 -s 1920x1080 -pix_fmt yuv422p -b:v 120M -c:v dnxhd -f dnxhd",
    ],
  ];
  for (const [name, args] of table) {
    const path = await clips.encode(name, `${source} ${args}`);
    assert.ok((await probe(path)).width >= 320, name);
  }
});

test("pictures are called pictures, and the command that is named makes a video of them", async () => {
  const table = ["one.png", "it's odd.jpg", "one.bmp", "one.tiff", "one.webp", "picture"];
  for (const [index, name] of table.entries()) {
    const folder = clips.file(`pictures-${index}`);
    await mkdir(folder);
    const picture = await clips.encode(
      `picture-${index}${extname(name) || ".jpg"}`,
      "-f lavfi -i testsrc=s=161x121:r=25:d=1 -frames:v 1",
    );
    const path = join(folder, name);
    await rename(picture, path);
    const text = await refusal(path);
    assert.match(text, /is a picture, not a video/);
    // The second command is for a folder of PNG files.
    await tryRemedies(
      name.endsWith(".png") ? text : text.split(", of many")[0]!,
      folder,
      name.endsWith(".png") ? 2 : 1,
    );
  }
});

test("pictures that look like MP4 files are called pictures", async () => {
  const folder = clips.file("brands");
  await mkdir(folder);
  const still =
    "-f lavfi -i testsrc=s=161x121 -frames:v 1 -c:v libaom-av1 -cpu-used 8 -still-picture 1";
  await clips.encode("brands/still.avif", still);
  const text = await refusal(join(folder, "still.avif"));
  assert.match(text, /is a picture, not a video/);
  await tryRemedies(text.split(", of many")[0]!, folder, 1);
  const heif = await clips.write("phone.heic", "\0\0\0\x18ftypheic\0\0\0\0mif1heic");
  assert.match(await refusal(heif), /picture \(HEIF\)/);
});

test("an animated picture is called so, and the command makes a video of it", async () => {
  const folder = clips.file("animated");
  await mkdir(folder);
  const path = join(folder, "moving.png");
  await clips.encode("animated/moving.png", "-f lavfi -i testsrc=s=161x121:r=25:d=0.2 -f apng");
  const text = await refusal(path);
  assert.match(text, /animated picture \(APNG\)/);
  await tryRemedies(text, folder, 1);
  const { indexedFrames: _, ...info } = await probe(join(folder, "video.mkv"));
  assert.equal(info.codec, "ffv1");
});

test("playlists are called so, and the command makes one file of them", async () => {
  const folder = clips.file("playlists");
  await mkdir(folder);
  const source = "-f lavfi -i testsrc2=s=161x121:r=25:d=2,format=yuv444p -c:v libx264 -g 25";
  await clips.encode("playlists/part.mkv", source);
  await clips.write(
    "playlists/join.ffconcat",
    "ffconcat version 1.0\nfile part.mkv\nfile part.mkv\n",
  );
  await clips.encode("playlists/list.m3u8", `${source} -f hls -hls_time 1`);
  await clips.encode("playlists/list.mpd", `${source} -f dash`);
  for (const [name, kind] of [
    ["join.ffconcat", "ffmpeg's concat"],
    ["list.m3u8", "HLS"],
    ["list.mpd", "DASH"],
  ] as const) {
    const text = await refusal(join(folder, name));
    assert.ok(text.includes(`is a playlist (${kind})`), text);
    await tryRemedies(text, folder, 1);
  }
});

test("the description of a live stream is called so, and the command records the stream", async () => {
  const folder = clips.file("live");
  await mkdir(folder);
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  const path = join(folder, "camera.sdp");
  const sender = spawn(
    "ffmpeg",
    `-v error -re -f lavfi -i testsrc=s=161x121:r=25 -c:v mpeg4 -f rtp -sdp_file ${path} rtp://127.0.0.1:${port}`.split(
      " ",
    ),
    { stdio: "ignore" },
  );
  try {
    while (!((await stat(path).catch(() => undefined))?.size ?? 0)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    const text = await refusal(path);
    assert.match(text, /describes a live stream/);
    assert.match(text, / -t 60 /);
    // A minute is the user's to choose.
    await tryRemedies(text.replace(" -t 60 ", " -t 1 "), folder, 1);
  } finally {
    sender.kill("SIGKILL");
    if (sender.exitCode === null && sender.signalCode === null) await once(sender, "exit");
  }
});

test("text is not taken for a picture, whatever its name says", async () => {
  for (const name of [
    "notes.txt",
    "notes.ans",
    "notes.nfo",
    "notes.cdg",
    "notes.yuv",
    "notes.v210",
  ]) {
    await refusal(await clips.write(name, "Nothing to see here.\n".repeat(2000)));
  }
});
