import assert from "node:assert/strict";
import { test } from "node:test";
import type { TimeBase } from "@framequeue/contracts";
import fc from "fast-check";
import {
  decodeArguments,
  packetArguments,
  probeArguments,
  seekSeconds,
} from "./ffmpeg-arguments.ts";

const info = {
  streamIndex: 3,
  timeBase: [1, 12800] as TimeBase,
  startSeconds: 0.5,
  width: 1280,
  height: 720,
};
const source = { path: "a.mp4" };

test("every command is confined to local files, known containers and bounded pictures", () => {
  const lists = [
    probeArguments(source, 100).options,
    packetArguments(source, 0).options,
    decodeArguments({
      source,
      info,
      segment: { frames: 0 },
      frame: { width: 8, height: 8 },
      layout: "gbrp",
    }).input,
  ];
  for (const list of lists) {
    assert.equal(list[list.indexOf("-protocol_whitelist") + 1], "file,subfile");
    const demuxers = list[list.indexOf("-format_whitelist") + 1]?.split(",") ?? [];
    for (const playlist of ["hls", "dash", "concat", "image2", "lavfi"]) {
      assert.ok(!demuxers.includes(playlist), playlist);
    }
    assert.ok(list.includes("-max_pixels"));
  }
});

test("a sequential segment is decoded from the start to the end", () => {
  const args = decodeArguments({
    source,
    info,
    segment: { frames: 10 },
    frame: { width: 416, height: 234 },
    layout: "gbrp",
  });
  assert.ok(!args.input.includes("-ss"));
  assert.ok(!args.output.includes("-frames:v"));
  assert.match(
    args.output.join(" "),
    /^-map 0:3 -fps_mode drop -vf showinfo=checksum=0,scale=.*:flags=bilinear,format=gbrp,pad=416:234.* -f rawvideo$/,
  );
});

test("a parallel segment is sought relative to the container's start, and counted", () => {
  const args = decodeArguments({
    source,
    info,
    segment: { startPts: 12800 * 2, ptsDeltas: [25600, 512], frames: 2 },
    frame: { width: 416, height: 234 },
    layout: "yuv420p",
    threads: 1,
  });
  assert.deepEqual(args.input.slice(-4), ["-threads", "1", "-ss", "1.500000"]);
  assert.equal(args.output[args.output.indexOf("-frames:v") + 1], "2");
});

const seeks: [number, [number, number], number, string][] = [
  [0, [1, 1000], 0, "0.000000"],
  [1001, [1, 30000], 0, "0.033367"],
  [3003, [1, 30000], 0, "0.100100"],
  [132000, [1, 90000], 1.4, "0.066667"],
  [5, [1001, 30000], 0, "0.166834"],
  [0, [1, 1000], 0.2, "0.000000"],
  [-512, [1, 12800], -0.08, "0.040000"],
];

test("seek times are rounded up to the microsecond", () => {
  for (const [pts, timeBase, start, expected] of seeks) {
    assert.equal(seekSeconds(pts, timeBase, start), expected);
  }
});

test("a seek time is never before its pts, and less than two microseconds after it", () => {
  fc.assert(
    fc.property(fc.nat(2 ** 40), fc.integer({ min: 1, max: 1_000_000 }), (pts, denominator) => {
      const [seconds = "", micros = ""] = seekSeconds(pts, [1, denominator], 0).split(".");
      const behind =
        (BigInt(seconds) * 1_000_000n + BigInt(micros)) * BigInt(denominator) -
        BigInt(pts) * 1_000_000n;
      assert.ok(behind >= 0n && behind < BigInt(denominator));
    }),
    { seed: 11 },
  );
});
