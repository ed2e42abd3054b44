import assert from "node:assert/strict";
import { test } from "node:test";
import { annotateArguments, escapeFilterValue } from "./annotate-arguments.ts";
import type { AnnotateArguments } from "./annotate-arguments.ts";
import { FrameClock } from "../decode/frame-clock.ts";

const base: AnnotateArguments = {
  source: { path: "in.mp4" },
  info: {
    streamIndex: 0,
    timeBase: [1, 12800],
    startSeconds: 0.5,
    width: 640,
    height: 360,
    rotation: 0,
  },
  clock: new FrameClock([6400, 6912], [1, 12800]),
  assPath: "/tmp/a.ass",
  output: "out.mp4",
  audio: undefined,
  preset: "veryfast",
  crf: 21,
};

test("paths are escaped for both parsers of a filter graph", () => {
  const table: [string, string][] = [
    ["/tmp/a.ass", "/tmp/a.ass"],
    ["a b", "a\\ b"],
    ["a:b", "a\\\\:b"],
    ["a'b", "a\\\\\\'b"],
    ["a,b;[c]", "a\\,b\\;\\[c\\]"],
    ["a\\b", "a\\\\\\\\b"],
  ];
  for (const [value, escaped] of table) assert.equal(escapeFilterValue(value), escaped);
});

test("times are kept, and the picture is what browsers play", () => {
  const { output } = annotateArguments(base);
  const text = output.join(" ");
  assert.match(text, /-fps_mode passthrough -enc_time_base:v 1\/12800/);
  assert.match(text, /scale=.*:out_range=tv,format=yuv420p,.*,ass=filename=\/tmp\/a\.ass,.*pad=/);
  assert.match(text, /-movflags \+faststart/);
  assert.ok(!text.includes("-c:a") && !text.includes("-output_ts_offset"));
});

test("sound is copied where MP4 can hold it, and encoded otherwise", () => {
  const copied = annotateArguments({ ...base, audio: { streamIndex: 2, copy: true } });
  assert.match(copied.output.join(" "), /-map 0:0 -map 0:2 .*-c:a copy/);
  const encoded = annotateArguments({ ...base, audio: { streamIndex: 1, copy: false } });
  assert.match(encoded.output.join(" "), /-c:a aac/);
});

test("frames before the container's start move everything", () => {
  const clock = new FrameClock([-1280, 0], [1, 12800]);
  const { output } = annotateArguments({ ...base, clock });
  assert.equal(output[output.indexOf("-output_ts_offset") + 1], "0.600000");
});
