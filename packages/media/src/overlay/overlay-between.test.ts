import assert from "node:assert/strict";
import { test } from "node:test";
import type { DetectionRow, FrameRow } from "@framequeue/contracts";
import { runsToText } from "@framequeue/vision";
import { FrameClock } from "../decode/frame-clock.ts";
import { overlayAss } from "./overlay-ass.ts";
import { type DrawnDetection, rowsBetween } from "./overlay-between.ts";

const INFO = { width: 640, height: 360, startSeconds: 0 };

const seen = (x: number, trackId?: number): DetectionRow => ({
  ...{ box: [x, 10, 20, 40], score: 0.9, classId: 0, label: "car" },
  ...(trackId === undefined ? {} : { trackId }),
});
const row = (frame: number, ...detections: DetectionRow[]): FrameRow => ({
  frame,
  pts: 2 * frame,
  detections,
});

async function* stream(rows: readonly FrameRow[]): AsyncGenerator<FrameRow> {
  yield* rows;
}

const clockOf = (frames: number) =>
  new FrameClock(
    Array.from({ length: frames }, (_, frame) => 2 * frame),
    [1, 25],
  );

const between = (rows: readonly FrameRow[], everyNth: number, frames: number) =>
  Array.fromAsync(rowsBetween(stream(rows), { everyNth, clock: clockOf(frames) }));

/** Number, time and left edges of each row. */
const told = (rows: readonly FrameRow[]) =>
  rows.map(({ frame, pts, detections }) => [frame, pts, ...detections.map(({ box }) => box[0])]);

test("a track moves on a straight line to where it is next; what is not there stays", async () => {
  const rows = [row(0, seen(0, 1), seen(100), seen(200, 2)), row(4, seen(40, 1), seen(500, 3))];
  assert.deepEqual(told(await between(rows, 4, 6)), [
    [0, 0, 0, 100, 200],
    [1, 2, 10, 100, 200],
    [2, 4, 20, 100, 200],
    [3, 6, 30, 100, 200],
    [4, 8, 40, 500],
    [5, 10, 50, 500],
  ]);
});

test("a track that is not seen again goes on as it came, in its size", async () => {
  const wide: DetectionRow = { ...seen(3, 1), box: [3, 10, 26, 40] };
  const rows = await between([row(0, seen(0, 1)), row(3, wide), row(6), row(9, seen(0, 1))], 3, 12);
  assert.deepEqual(
    rows.slice(3).map(({ detections }) => detections.map(({ box }) => box)),
    [
      [[3, 10, 26, 40]],
      [[5, 10, 26, 40]],
      [[7, 10, 26, 40]],
      [],
      [],
      [],
      ...Array(3).fill([[0, 10, 20, 40]]),
    ],
  );
});

test("boxes grow on the way", async () => {
  const large: DetectionRow = { ...seen(10, 1), box: [10, 10, 40, 80] };
  const [, middle] = await between([row(0, seen(0, 1)), row(2, large)], 2, 3);
  assert.deepEqual(middle!.detections[0]!.box, [5, 10, 30, 60]);
});

test("a frame that has no result shows nothing, nor do those behind it", async () => {
  const rows = await between([row(0, seen(0, 1)), row(6, seen(60, 1))], 3, 7);
  assert.deepEqual(told(rows), [
    [0, 0, 0],
    [1, 2, 10],
    [2, 4, 20],
    [6, 12, 60],
  ]);
});

test("every frame of a video has a row, and none behind its end", async () => {
  for (const [everyNth, frames] of [
    [5, 1],
    [5, 4],
    [5, 6],
    [2, 9],
    [60, 130],
  ] as const) {
    const looks = Array.from({ length: Math.ceil(frames / everyNth) }, (_, i) => row(i * everyNth));
    assert.deepEqual(
      (await between(looks, everyNth, frames)).map(({ frame }) => frame),
      Array.from({ length: frames }, (_, i) => i),
    );
  }
  assert.deepEqual(await between([], 5, 0), []);
});

test("a mask moves along with its box", async () => {
  // ten columns of a picture of 40×40
  const counts = runsToText(Uint32Array.of(400, 400, 800));
  const mask = { size: [40, 40] as [number, number], counts };
  const rows = [row(0, { ...seen(0, 1), mask }), row(2, { ...seen(40, 1), mask })];
  const drawn = await between(rows, 2, 3);
  assert.deepEqual((drawn[1]!.detections[0] as DrawnDetection).maskShift, [20, 0]);
  const ass = (
    await Array.fromAsync(overlayAss(drawn, INFO, new FrameClock([0, 1, 2], [1, 25])))
  ).join("");
  const places = [...ass.matchAll(/\\pos\(([\d.,]+)\)\\bord0/g)].map(([, at]) => at);
  assert.deepEqual(places, ["0,0", "20,0", "0,0"]);
});

test("between frames at uneven times, boxes move as the time goes", async () => {
  const clock = new FrameClock([0, 6, 8], [1, 25]);
  const rows = stream([
    { ...row(0, seen(0, 1)), pts: 0 },
    { ...row(2, seen(40, 1)), pts: 8 },
  ]);
  const drawn = await Array.fromAsync(rowsBetween(rows, { everyNth: 2, clock }));
  assert.deepEqual(told(drawn), [
    [0, 0, 0],
    [1, 6, 30],
    [2, 8, 40],
  ]);
});
