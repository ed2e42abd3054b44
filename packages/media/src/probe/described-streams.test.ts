import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { findAudio } from "./audio.ts";
import { describeStreams } from "./described-streams.ts";
import { MAX_PIXELS } from "../ffmpeg/ffmpeg-arguments.ts";
import { scanPackets } from "./packet-scan.ts";
import { probe } from "./probe.ts";
import { planSegments } from "./segments.ts";
import { ClipFolder } from "../testing/clips.ts";
import { readAll } from "../testing/read-all.ts";

let clips: ClipFolder;
before(async () => {
  clips = await ClipFolder.create();
});
after(() => clips[Symbol.asyncDispose]());

const VIDEO = "-f lavfi -i testsrc2=s=160x120:r=25:d=2";
const CODED = "-c:v libx264 -preset veryfast -bf 2 -g 25";

/** Overwrites `bytes` bytes behind the n-th place where a file has these bytes. */
async function damage(path: string, name: string, marker: Buffer, bytes: number, nth = 0) {
  const content = await readFile(path);
  let at = content.indexOf(marker);
  for (let i = 0; i < nth; i++) at = content.indexOf(marker, at + 1);
  assert.ok(at > 0, "the header is not where it should be");
  content.fill(0xff, at + marker.length, at + marker.length + bytes);
  return clips.write(name, content);
}

/** Behind the descriptor's tag and its long length: AudioSpecificConfig of AAC (ISO/IEC 14496-1, 7.2.6.7). */
const AAC = Buffer.from([5, 0x80, 0x80, 0x80, 5]);

async function samples(): Promise<[whole: string, damaged: string][]> {
  const aac = await clips.encode("aac.mp4", `${VIDEO} -f lavfi -i sine=d=2 ${CODED} -c:a aac`);
  const opus = await clips.encode(
    "opus.mkv",
    `${VIDEO} -f lavfi -i sine=d=2 ${CODED} -c:a libopus`,
  );
  const vorbis = await clips.encode(
    "vorbis.webm",
    `${VIDEO} -f lavfi -i sine=d=2 -c:v libvpx -deadline realtime -c:a libvorbis`,
  );
  const alac = await clips.encode("alac.mov", `${VIDEO} -f lavfi -i sine=d=2 ${CODED} -c:a alac`);
  const alacAtom = Buffer.concat([Buffer.from("alac"), Buffer.alloc(4)]);
  const turned = await clips.turn(aac, "turned.mp4", [0, 1, -1, 0]);
  return [
    [aac, await damage(aac, "aac-damaged.mp4", AAC, 5)],
    [turned, await damage(turned, "turned-damaged.mp4", AAC, 5)],
    [opus, await damage(opus, "opus-damaged.mkv", Buffer.from("OpusHead"), 11)],
    [vorbis, await damage(vorbis, "vorbis-damaged.webm", Buffer.from("\x01vorbis", "latin1"), 22)],
    [alac, await damage(alac, "alac-damaged.mov", alacAtom, 24, 0)],
  ];
}

test("a damaged header of a sound track changes nothing for the pictures", async () => {
  for (const [whole, damaged] of await samples()) {
    const { doubtful } = await describeStreams({ path: damaged }, { maxPixels: MAX_PIXELS });
    assert.ok(doubtful, `ffprobe reads ${damaged} after all`);
    // The index and lengths to the microsecond are what ffprobe alone tells; where the clock starts, sound has a say in.
    const comparable = async (path: string) => {
      const { container, codec, streamIndex, width, height, rotation, timeBase, durationSeconds } =
        await probe(path);
      const seconds = durationSeconds.toFixed(1);
      return { container, codec, streamIndex, width, height, rotation, timeBase, seconds };
    };
    assert.deepEqual(await comparable(damaged), await comparable(whole), damaged);
    const { lastDuration: _, ...scan } = await scanPackets(damaged, 0);
    const { lastDuration: __, ...expected } = await scanPackets(whole, 0);
    assert.deepEqual(scan, expected, damaged);
    const segment = { frames: expected.packets };
    const pictures = await readAll(whole, await probe(whole), segment);
    const info = await probe(damaged);
    assert.deepEqual(await readAll(damaged, info, segment), pictures, damaged);
    const { segments } = planSegments(info, await scanPackets(damaged, 0), { segmentSeconds: 1 });
    const parts = [];
    for (const part of segments) parts.push(await readAll(damaged, info, part));
    assert.ok(parts.every(({ report }) => report.matched));
    assert.deepEqual(
      parts.flatMap(({ hashes }) => hashes),
      pictures.hashes,
    );
    assert.equal(await findAudio({ path: damaged }, {}), undefined, damaged);
  }
});

test("a second sound track is taken where the first is damaged", async () => {
  const two = await clips.encode(
    "two.mp4",
    `${VIDEO} -f lavfi -i sine=d=2 -f lavfi -i sine=f=900:d=2 -map 0 -map 1 -map 2 ${CODED} -c:a aac`,
  );
  assert.deepEqual(await findAudio({ path: two }, {}), { streamIndex: 1, copy: true });
  const damaged = await damage(two, "two-damaged.mp4", AAC, 5);
  assert.deepEqual(await findAudio({ path: damaged }, {}), { streamIndex: 2, copy: true });
});

test("a damaged header of another video stream changes nothing either", async () => {
  const two = await clips.encode(
    "videos.mkv",
    `${VIDEO} -f lavfi -i testsrc2=s=320x240:r=25:d=2 -map 0 -map 1 -c:v:0 libtheora -c:v:1 mpeg4`,
  );
  const damaged = await damage(two, "videos-damaged.mkv", Buffer.from("\x80theora", "latin1"), 30);
  assert.ok((await describeStreams({ path: damaged }, { maxPixels: MAX_PIXELS })).doubtful);
  const info = await probe(damaged, { stream: 1 });
  assert.deepEqual([info.streamIndex, info.width, info.codec], [1, 320, "mpeg4"]);
  assert.deepEqual((await scanPackets(damaged, 1)).pts, (await scanPackets(two, 1)).pts);
});

test("of several streams the one is taken that ffmpeg takes, told by its pictures", async () => {
  const sizes = "-f lavfi -i testsrc2=s=160x90:r=25:d=1 -f lavfi -i testsrc2=s=320x180:r=25:d=1";
  const table: [string, string, number][] = [
    // The first stream of an MP4 file becomes the default.
    ["default.mp4", "-map 0 -map 1 -c:v mpeg4", 0],
    ["largest.mkv", "-map 0 -map 1 -c:v mpeg4 -disposition:v 0 -default_mode passthrough", 1],
    ["default.mkv", "-map 0 -map 1 -c:v mpeg4 -disposition:v:0 0 -disposition:v:1 default", 1],
    ["first.ts", "-map 1 -map 0 -c:v mpeg2video", 0],
    ["second.ts", "-map 0 -map 1 -c:v mpeg2video", 1],
  ];
  for (const [name, args, expected] of table) {
    const path = await clips.encode(name, `${sizes} ${args}`);
    const info = await probe(path);
    const taken = await clips.encode(`taken-${name}.mkv`, `-i ${path} -c copy`);
    assert.deepEqual([name, info.streamIndex], [name, expected]);
    assert.deepEqual([name, info.width], [name, (await probe(taken)).width]);
    assert.deepEqual(
      info.videoStreams?.map(({ index }) => index),
      [0, 1],
    );
    assert.equal((await probe(path, { stream: 1 - expected })).streamIndex, 1 - expected);
  }
});
