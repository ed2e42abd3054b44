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
  const errors = new ErrorLines("/data/secret/clip.mp4", "clip.mp4");
  errors.add({ level: "info", text: "not this" });
  errors.add({ level: "error", text: "file:/data/secret/clip.mp4: bad" });
  errors.add({ level: "error", text: "/data/secret/clip.mp4: bad" });
  errors.add({ level: "fatal", text: "over" });
  assert.deepEqual(errors.lines, ["clip.mp4: bad", "over"]);
  for (let index = 0; index < 100; index += 1) errors.add({ level: "error", text: `${index}` });
  assert.equal(errors.lines.length, 40);
  assert.equal(errors.lines.at(-1), "99");
});
