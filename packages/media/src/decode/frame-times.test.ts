import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameTimes } from "./frame-times.ts";

const filter = "[Parsed_showinfo_2 @ 0x55] [info]";
const frame = (index: number, pts: number | "NOPTS") =>
  `${filter} n:${String(index).padStart(4)} pts:${String(pts).padStart(7)} pts_time:0.03 pos: 2269 fmt:gbrp`;

test("the pts of each frame is read", () => {
  const times = new FrameTimes([1, 30000]);
  assert.equal(times.add(`${filter} config in time_base: 1/30000, frame_rate: 30000/1001`), false);
  assert.equal(times.add(frame(0, -1001)), true);
  assert.equal(times.add(`${filter} color_range:pc color_space:gbr`), false);
  assert.equal(times.add(`[h264 @ 0x1] [error] bad MB${frame(1, 1001)}`), true);
  assert.deepEqual(times.pts, [-1001, 1001]);
});

test("times come back in the stream's own time base", () => {
  const times = new FrameTimes([1, 1000]);
  times.add(`${filter} config in time_base: 1/90000, frame_rate: 25/1`);
  times.add(frame(0, 90000));
  times.add(frame(1, 93003));
  assert.deepEqual(times.pts, [1000, 1033]);
});

test("a frame without a time follows the frames before it", () => {
  const times = new FrameTimes([1, 25]);
  for (const pts of ["NOPTS", 4, 6, "NOPTS", "NOPTS"] as const) times.add(frame(0, pts));
  assert.deepEqual(times.pts, [0, 4, 6, 8, 10]);
});

test("the shapes of the pictures are told where they begin", () => {
  const times = new FrameTimes([1, 25]);
  const shaped = (n: number, sar: string, size: string) =>
    times.add(`${filter} n: ${n} pts: ${n} pts_time:0 pos: 7 fmt:yuv420p sar:${sar} s:${size} i:P`);
  shaped(0, "0/1", "640x360");
  shaped(1, "0/1", "640x360");
  shaped(2, "1/1", "360x640");
  shaped(3, "64/45", "720x576");
  assert.deepEqual(times.shapes, [
    { frame: 0, width: 640, height: 360, pixelAspect: 0 },
    { frame: 2, width: 360, height: 640, pixelAspect: 1 },
    { frame: 3, width: 720, height: 576, pixelAspect: 64 / 45 },
  ]);
});
