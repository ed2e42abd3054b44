import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { ProblemError } from "@framequeue/contracts";
import { openDecoder } from "../decode/decode.ts";
import { scanPackets } from "../probe/packet-scan.ts";
import type { ScanOptions } from "../probe/packet-scan.ts";
import { probe } from "../probe/probe.ts";
import { planSegments } from "../probe/segments.ts";
import {
  countedRuns,
  manyTracks,
  overlappingSamples,
  repeatedEdits,
} from "../testing/claiming-files.ts";
import { ClipFolder } from "../testing/clips.ts";
import { noChildProcesses } from "../testing/processes.ts";
import { listingMs, packetExcess, toolMemoryBytes } from "./tool-bounds.ts";

let clips: ClipFolder;
before(async () => {
  clips = await ClipFolder.create();
});
after(() => clips[Symbol.asyncDispose]());

const PICTURE_INPUT = "-f lavfi -i testsrc2=s=64x48:r=25:d=0.04";
const PICTURE = `${PICTURE_INPUT} -c:v mjpeg -q:v 31`;
const MOVING = "-f lavfi -i testsrc2=s=64x48:r=25:d=2 -c:v libx264 -g 25";

async function take(path: string, options: ScanOptions = {}) {
  const info = await probe(path, { limits: { ...options, maxFrames: options.maxPackets } });
  return scanPackets(path, info.streamIndex, { info, ...options });
}

async function refusal(path: string, options: ScanOptions = {}): Promise<string> {
  const error = await take(path, options).catch((each: unknown) => each);
  assert.ok(error instanceof ProblemError, `${path}: ${String(error)}`);
  assert.equal(error.code, "source-too-large", error.message);
  assert.ok(!error.message.includes(clips.path), error.message);
  await noChildProcesses();
  return error.message;
}

test("claims that no file of its size can keep are refused, and honest ones beside them are not", async () => {
  const picture = await readFile(await clips.encode("picture.mp4", PICTURE));
  const moving = await readFile(await clips.encode("moving.mp4", MOVING));
  const parts = await readFile(
    await clips.encode("parts.mp4", `${MOVING} -movflags frag_keyframe+empty_moov`),
  );
  const table: [name: string, honest: Buffer, packets: number, claim: Buffer, why: RegExp][] = [
    [
      "samples one upon the other",
      overlappingSamples(picture, 60),
      60,
      overlappingSamples(picture, 2_000_000),
      /^\S+ is not analysed: its video claims more than \d+ frames in \d+ bytes\. Where/,
    ],
    [
      "runs that count and describe nothing",
      parts,
      50,
      countedRuns(parts, 50_000_000),
      /its index claims more than \d+ samples in \d+ bytes/,
    ],
    [
      "an edit list that repeats all",
      repeatedEdits(moving, 3),
      150,
      repeatedEdits(moving, 4_000),
      /its (?:video|frames) claims? more than/,
    ],
    [
      "more edits than any film has",
      repeatedEdits(moving, 2),
      100,
      repeatedEdits(moving, 200_000),
      /its edit list has 200000 edits, and 4096 are read/,
    ],
    [
      "many tracks",
      manyTracks(picture, 100),
      1,
      manyTracks(picture, 990),
      /it has more than 256 streams\. .*-map 0:v:0/,
    ],
  ];
  for (const [index, [name, honest, packets, claim, why]] of table.entries()) {
    const scan = await take(await clips.write(`honest-${index}.mp4`, honest));
    assert.equal(scan.packets, packets, name);
    assert.match(await refusal(await clips.write(`claim-${index}.mp4`, claim)), why, name);
  }
});

test("a video of more frames than the installation takes is refused with the setting", async () => {
  for (const container of ["mp4", "mkv"]) {
    const path = await clips.encode(`fifty.${container}`, MOVING);
    assert.equal((await take(path, { maxPackets: 50 })).packets, 50);
    assert.match(await refusal(path, { maxPackets: 49 }), /49 frames.*FQ_SOURCE_LIMIT_FRAMES/);
  }
});

test("names and tags without end are refused", async () => {
  const tag = await clips.write("tag.txt", `;FFMETADATA1\ncomment=${"A".repeat(17 << 20)}\n`);
  const path = await clips.encode(
    "tags.mp4",
    `${PICTURE_INPUT} -i ${tag} -map_metadata 1 -c:v mjpeg`,
  );
  assert.match(await refusal(path), /its names and tags have more than \d+ bytes/);
});

const noBound =
  process.platform === "linux" && existsSync("/usr/bin/prlimit") ? false : "no prlimit";

test("a tool that wants more memory than it may have is told so", { skip: noBound }, async () => {
  const path = await clips.encode(
    "large.mp4",
    "-f lavfi -i testsrc2=s=1280x720:r=25:d=0.2 -c:v libx264 -preset ultrafast",
  );
  const info = await probe(path);
  const scan = await scanPackets(path, info.streamIndex, { info });
  const [segment] = planSegments(info, scan, { segmentSeconds: 0 }).segments;
  const decode = async (memoryBytes?: number): Promise<number> => {
    const frame = { width: 64, height: 36 };
    await using reader = openDecoder(path, {
      info,
      segment: segment!,
      frame,
      layout: "gbrp",
      memoryBytes,
    });
    return (await reader.read(new Uint8Array(6 * reader.frameBytes), 6)).length;
  };
  assert.equal(await decode(), 5);
  await assert.rejects(decode(40 << 20), {
    code: "source-too-large",
    message: /^large\.mp4 is not analysed: ffmpeg needs more than 40 MiB of memory for it/,
  });
});

test("what real videos need is far below the bounds", () => {
  const hours = 3 * 3600;
  // A still picture of H.264 at 30 frames a second: some 20 bytes each.
  const still = { fileBytes: hours * 30 * 20 };
  assert.equal(packetExcess(hours * 30, hours * 30 * 18, still), undefined);
  // The slowest disk that anybody waits for.
  assert.ok(listingMs(hours * 25, 2e9) > 3600_000);
  const gib = 2 ** 30;
  assert.ok(toolMemoryBytes(1920 * 1080, 2) > 2.5 * gib);
  // Seen: 2 GiB with 16 threads of H.264.
  assert.ok(toolMemoryBytes(7680 * 4320, 16) > 8 * gib);
});
