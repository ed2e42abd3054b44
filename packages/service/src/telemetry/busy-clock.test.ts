import assert from "node:assert/strict";
import { test } from "node:test";
import { BusyClock } from "./busy-clock.ts";

test("overlapping tasks count once, and what runs counts up to now", () => {
  let now = 0;
  const clock = new BusyClock(() => now);
  const at = (ms: number, change: 1 | -1): void => {
    now = ms;
    clock.change(change);
  };
  at(1_000, 1);
  at(2_000, 1);
  at(3_000, -1);
  at(4_000, -1);
  assert.equal(clock.seconds, 3);
  now = 10_000;
  assert.equal(clock.seconds, 3);
  at(11_000, 1);
  now = 13_000;
  assert.deepEqual([clock.seconds, clock.tasks], [5, 1]);
});
