import assert from "node:assert/strict";
import { test } from "node:test";
import type { MediaInfo } from "@framequeue/contracts";
import { FrameClock } from "../decode/frame-clock.ts";
import { slowdownOf, timeRows } from "./overlay-times.ts";

type Clock = Pick<MediaInfo, "timeBase" | "startSeconds">;

/** The clock's head start: 1000 s, rounded up to whole ticks. */
function shiftMs([numerator, denominator]: Clock["timeBase"]): number {
  return (Math.ceil((1000 * denominator) / numerator) * numerator * 1000) / denominator;
}

/** In milliseconds, or finer units where the video is slowed down by more than ten. */
async function spans(
  { timeBase, startSeconds }: Clock,
  frames: [frame: number, pts: number][],
  pts = frames.map(([, each]) => each),
): Promise<[number, number][]> {
  const rows = frames.map(([frame, each]) => ({ frame, pts: each, detections: [] }));
  const clock = new FrameClock(pts, timeBase);
  const shift = (shiftMs(timeBase) * slowdownOf(clock)) / 10;
  const result: [number, number][] = [];
  for await (const { start, end } of timeRows(rows, { startSeconds }, clock)) {
    result.push([start - shift, end - shift]);
  }
  return result;
}

test("spans go from half way to half way", async () => {
  const info: Clock = { timeBase: [1, 1000], startSeconds: 0 };
  assert.deepEqual(
    await spans(info, [
      [0, 0],
      [1, 20],
      [2, 24],
      [3, 124],
    ]),
    [
      [-10, 10],
      [10, 22],
      [22, 74],
      [74, 174],
    ],
  );
});

test("each frame lies in its own span only: 60 per second, and 2 ms apart", async () => {
  const cases: [Clock, number[]][] = [
    [
      { timeBase: [1, 90000], startSeconds: 1.4 },
      Array.from({ length: 200 }, (_, i) => 126000 + i * 1500),
    ],
    [{ timeBase: [1, 60], startSeconds: 0 }, Array.from({ length: 200 }, (_, i) => i)],
    [{ timeBase: [1, 12000], startSeconds: 0 }, [0, 24, 48, 1452, 1476, 1500, 1526]],
    [{ timeBase: [1001, 30000], startSeconds: 0 }, [0, 1, 2, 5, 6, 7]],
  ];
  for (const [info, pts] of cases) {
    const found = await spans(
      info,
      pts.map((each, frame) => [frame, each]),
    );
    for (const [frame, each] of pts.entries()) {
      const ms = ((each * info.timeBase[0]) / info.timeBase[1] - info.startSeconds) * 1000;
      const shown = found.flatMap(([start, end], index) =>
        start <= ms && ms < end ? [index] : [],
      );
      assert.deepEqual(shown, [frame], `${info.timeBase.join("/")}: ${frame}`);
    }
  }
});

test("frames without a row have their time all the same", async () => {
  const info: Clock = { timeBase: [1, 1000], startSeconds: 0 };
  const found = await spans(
    info,
    [
      [0, 0],
      [3, 90],
    ],
    [0, 10, 20, 90, 100],
  );
  assert.deepEqual(found, [
    [-5, 5],
    [55, 95],
  ]);
});

test("a video whose frames are closer than two milliseconds is slowed down by more", () => {
  const table: [pts: number[], timeBase: Clock["timeBase"], slowdown: number][] = [
    [[0, 40, 80], [1, 1000], 10],
    [[0, 2, 4], [1, 1000], 10],
    [[0, 1, 2], [1, 1000], 100],
    [[0, 1, 2], [1, 10000], 1000],
    [[0, 0, 3600], [1, 90000], 10000],
    [[], [1, 1000], 10],
    [[7], [1, 1000], 10],
    // Ticks must stay whole numbers.
    [[1e15, 1e15 + 1], [1, 1e9], 10],
  ];
  for (const [pts, timeBase, slowdown] of table) {
    assert.equal(slowdownOf(new FrameClock(pts, timeBase)), slowdown, pts.join());
  }
});
