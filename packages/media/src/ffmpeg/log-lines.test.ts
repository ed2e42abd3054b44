import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorLines, parseLogLine } from "./log-lines.ts";

const table: [string, ReturnType<typeof parseLogLine>][] = [
  ["[error] Conversion failed!", { level: "error", text: "Conversion failed!" }],
  [
    "[mov,mp4,m4a,3gp,3g2,mj2 @ 0x55ebd7378700] [error] stream 0, offset 0xdc177: partial file",
    { level: "error", text: "mov: stream 0, offset 0xdc177: partial file" },
  ],
  ["[NULL @ 0x55ebd7] [error] Invalid NAL", { level: "error", text: "Invalid NAL" }],
  [
    "[vp9 @ 0x562] [IMGUTILS @ 0x7ff] [error] Picture size 9x9",
    { level: "error", text: "vp9: Picture size 9x9" },
  ],
  ["[info]   Duration: 00:00:01.02", { level: "info", text: "  Duration: 00:00:01.02" }],
  ["frame=12", undefined],
  ["", undefined],
];

test("log lines are split into level and text", () => {
  for (const [line, expected] of table) assert.deepEqual(parseLogLine(line), expected, line);
});

test("error lines keep the last ones, without repetitions and folders", () => {
  const errors = new ErrorLines({ path: "/data/secret/clip.mp4", bytes: 7 });
  errors.add({ level: "info", text: "not this" });
  errors.add({ level: "error", text: "file:/data/secret/clip.mp4: bad" });
  errors.add({ level: "error", text: "/data/secret/clip.mp4: bad" });
  errors.add({
    level: "error",
    text: "subfile,,start,0,end,7,,:/data/secret/clip.mp4: bad",
  });
  errors.add({ level: "fatal", text: "over" });
  assert.deepEqual(errors.lines, ["clip.mp4: bad", "over"]);
  for (let index = 0; index < 100; index += 1) errors.add({ level: "error", text: `${index}` });
  assert.equal(errors.lines.length, 40);
  assert.equal(errors.lines.at(-1), "99");
});

const complaints: [level: string, text: string, isDamage: boolean, isTold: boolean][] = [
  ["error", "h264: error while decoding MB 12 9", true, true],
  ["warning", "clip.mp4: corrupt decoded frame in stream 0", true, false],
  ["warning", "NULL: Packet corrupt (stream = 0, dts = 3600)", true, false],
  ["info", "h264: concealing 90 DC, 90 AC, 90 MV errors in P frame", true, false],
  ["warning", "deprecated pixel format used", false, false],
  [
    "error",
    "rawvideo: Application provided invalid, non monotonically increasing dts to muxer in stream 0: 29 >= 29",
    false,
    false,
  ],
];

test("damage of the source counts, whatever ffmpeg calls it, and only that", () => {
  for (const [level, text, isDamage, isTold] of complaints) {
    const errors = new ErrorLines({ path: "clip.mp4" });
    assert.equal(errors.add({ level, text }), isDamage, text);
    assert.equal(errors.lines.length, isTold ? 1 : 0);
  }
});
