import assert from "node:assert/strict";
import { test } from "node:test";
import { DISCARD, fromFrameCrc, KEY_FRAME, PacketScanBuilder } from "./packet-scan.ts";
import type { ScanOptions } from "./packet-scan.ts";

/** Lines of `pts,flags` or `pts,dts,duration,flags`. */
function build(lines: string[], info?: ScanOptions["info"]) {
  const builder = new PacketScanBuilder();
  for (const line of lines) {
    const [pts = "", ...rest] = line.split(",");
    const [dts = "N/A", duration = "N/A"] = rest.slice(0, -1);
    builder.add([pts, dts, duration, "100", rest.at(-1)].join(","));
  }
  return builder.build([], info);
}

test("packets are kept in file order with their flags", () => {
  const scan = build(["-16384,KD", "32768,K_", "16384,__", "0,___", "81920,K__"]);
  assert.deepEqual([...scan.pts], [-16384, 32768, 16384, 0, 81920]);
  assert.deepEqual([...scan.flags], [KEY_FRAME | DISCARD, KEY_FRAME, 0, 0, KEY_FRAME]);
  assert.deepEqual(
    [scan.packets, scan.keyFrames, scan.discarded, scan.distinctPts],
    [5, 3, 1, true],
  );
});

test("a missing or repeated pts is noticed", () => {
  assert.equal(build(["0,K_", "N/A,__"]).distinctPts, false);
  assert.equal(build(["0,K_", "40,__", "0,__"]).distinctPts, false);
  assert.equal(build([]).distinctPts, true);
});

test("a long file fits", () => {
  const scan = build(Array.from({ length: 5000 }, (_, index) => `${index * 512},__`));
  assert.equal(scan.packets, 5000);
  assert.equal(scan.pts[4999], 4999 * 512);
});

test("begin, end and the last picture go by what is shown, wherever it is stored", () => {
  const lines = [
    "-512,-9,512,KD",
    "0,-8,512,K_",
    "1536,-7,512,__",
    "512,-6,512,__",
    "1024,-5,700,__",
  ];
  const { begin, end, lastDuration } = build(lines);
  assert.deepEqual([begin, end, lastDuration], [0, 2048, 512]);
  const dtsOnly = build(["N/A,0,1,K_", "N/A,1,1,__", "N/A,5,1,__"]);
  assert.deepEqual([dtsOnly.begin, dtsOnly.end, dtsOnly.lastDuration], [0, 8, undefined]);
  const none = build([]);
  assert.deepEqual([none.begin, none.end, none.lastDuration], [undefined, undefined, undefined]);
});

test("the last picture stays until the stated end, where that can be believed", () => {
  const lines = ["0,0,40,K_", "40,40,40,__"];
  const rest = (container: string, statedEnd?: number, cutShort?: true) =>
    build(lines, {
      container,
      ...(statedEnd !== undefined && { statedEnd }),
      ...(cutShort && { cutShort }),
    }).lastDuration;
  assert.equal(rest("mov,mp4,m4a,3gp,3g2,mj2", 1610), 1570);
  assert.equal(rest("matroska,webm", 1610), 1570);
  assert.equal(rest("matroska,webm", 30), 40);
  assert.equal(rest("matroska,webm"), 40);
  assert.equal(rest("mpegts", 1610), 40);
  assert.equal(rest("avi", 1610, true), 40);
});

test("framecrc lines of ffmpeg become lines of ffprobe", () => {
  assert.equal(
    fromFrameCrc("0,      -1024,          0,      512,    28641, 0x3b4f7027"),
    "0,-1024,512,28641,K_",
  );
  assert.equal(
    fromFrameCrc("0,       -512,       1024,      512,     5898, 0x64a57a90, F=0x0, S=1, 4"),
    "1024,-512,512,5898,__",
  );
  assert.equal(fromFrameCrc("0, 7, NOPTS, 0, 5898, 0x64a57a90, F=0x5"), "N/A,7,N/A,5898,KD");
  assert.equal(fromFrameCrc("#tb 0: 1/12800"), "");
});
