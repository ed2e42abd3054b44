import assert from "node:assert/strict";
import { test } from "node:test";
import type { MediaInfo } from "@framequeue/contracts";
import { timeRows } from "./overlay-times.ts";

type Clock = Pick<MediaInfo, "timeBase" | "startSeconds">;

/** The clock's head start: 1000 s, rounded up to whole ticks. */
function shiftMs([numerator, denominator]: Clock["timeBase"]): number {
  return (Math.ceil((1000 * denominator) / numerator) * numerator * 1000) / denominator;
}

async function spans(
  info: Clock,
  frames: [frame: number, pts: number][],
): Promise<[number, number][]> {
  const rows = frames.map(([frame, pts]) => ({ frame, pts, detections: [] }));
  const result: [number, number][] = [];
  for await (const { startMs, endMs } of timeRows(rows, info)) {
    result.push([startMs - shiftMs(info.timeBase), endMs - shiftMs(info.timeBase)]);
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
      [-20, 10],
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

test("where frames are missing, a frame lasts as long as the one before", async () => {
  const info: Clock = { timeBase: [1, 1000], startSeconds: 0 };
  assert.deepEqual(
    await spans(info, [
      [0, 0],
      [1, 10],
      [9, 90],
    ]),
    [
      [-20, 5],
      [5, 15],
      [85, 95],
    ],
  );
});

test("frames of equal time follow each other by a tick", async () => {
  const info: Clock = { timeBase: [1, 100], startSeconds: 0 };
  assert.deepEqual(
    await spans(info, [
      [0, 0],
      [1, 4],
      [2, 4],
      [3, 8],
    ]),
    [
      [-20, 20],
      [20, 45],
      [45, 65],
      [65, 95],
    ],
  );
});
