import assert from "node:assert/strict";
import { test } from "node:test";
import { RateWatch } from "./least-rate.ts";

const LEAST = { bytesPerSecond: 100, windowMs: 1_000 };

test("a peer is judged by its mean over a window of the time for which it is waited for", () => {
  const table: [what: string, steps: [waitedMs: number, bytes: number][], verdicts: boolean[]][] = [
    ["silent", [[500, 0], [500, 0]], [false, true]], // prettier-ignore
    ["just enough", [[500, 0], [500, 100]], [false, false]], // prettier-ignore
    ["a byte too few", [[1_000, 99]], [true]],
    ["not waited for", [[0, 0], [0, 1], [10, 0]], [false, false, false]], // prettier-ignore
    ["fast, then slow", [[1_000, 5_000], [999, 0], [1, 0]], [false, false, true]], // prettier-ignore
    [
      "a good beginning, then silence",
      [
        [100, 5_000],
        [900, 0],
        [100, 0],
      ],
      [false, false, true],
    ],
    ["a long wait is worth more bytes", [[3_000, 299]], [true]],
    ["a long wait that was worth it", [[3_000, 300]], [false]],
  ];
  for (const [what, steps, verdicts] of table) {
    const watch = new RateWatch(LEAST);
    assert.deepEqual(
      steps.map(([waitedMs, bytes]) => watch.isTooSlow(waitedMs, bytes)),
      verdicts,
      what,
    );
  }
});
