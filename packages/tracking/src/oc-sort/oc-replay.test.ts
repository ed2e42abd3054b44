import assert from "node:assert/strict";
import { test } from "node:test";
import type { BoxXyxy } from "@framequeue/vision";
import { correctSortFilter, predictSortFilter, startSortFilter } from "../motion/kalman-sort.ts";
import { replayGap } from "./oc-replay.ts";

const box = (x: number): BoxXyxy => [x, 0, x + 20, 40];

test("a replayed gap leaves the filter as if it had seen the boxes between", () => {
  const hidden = startSortFilter(box(0));
  predictSortFilter(hidden);
  correctSortFilter(hidden, box(0));
  const watched = hidden.slice();

  predictSortFilter(hidden);
  const frozen = hidden.slice();
  for (let i = 0; i < 3; i++) predictSortFilter(hidden);
  replayGap(
    hidden,
    { filter: frozen, frame: 2 },
    { frame: 1, box: box(0) },
    { frame: 5, box: box(12) },
  );

  for (const x of [3, 6, 9, 12]) {
    predictSortFilter(watched);
    correctSortFilter(watched, box(x));
  }
  for (const [i, value] of watched.entries()) {
    assert.ok(Math.abs(value - hidden[i]!) < 1e-4 * Math.max(1, Math.abs(value)), `number ${i}`);
  }
});
