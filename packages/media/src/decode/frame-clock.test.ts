import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameClock } from "./frame-clock.ts";

const table: [name: string, pts: number[], ticks: number[], restarts: number][] = [
  ["times that rise are kept", [7, 8, 100, 250], [7, 8, 100, 250], 0],
  ["a clock that jumps ahead", [0, 40, 97_000], [0, 40, 97_000], 0],
  ["a time twice", [0, 40, 40, 80], [0, 40, 41, 80], 0],
  ["a small disorder", [0, 80, 40, 120], [0, 80, 81, 120], 0],
  ["a clock set back goes on", [5000, 5040, 0, 50, 90], [5000, 5040, 5080, 5130, 5170], 1],
  ["a clock that leaps by 26 hours goes on", [0, 40, 95_443_000, 95_443_050], [0, 40, 80, 130], 1],
  ["frames five hours apart", [0, 18_000_000, 36_000_000], [0, 18_000_000, 36_000_000], 0],
  ["twice", [3000, 0, 3000, 0], [3000, 3040, 6040, 6080], 2],
  ["before zero", [-80, -40, 0], [-80, -40, 0], 0],
  ["none", [], [], 0],
];

for (const [name, pts, ticks, restarts] of table) {
  test(`the clock of frames: ${name}`, () => {
    const clock = new FrameClock(pts, [1, 1000]);
    assert.deepEqual([...clock.ticks], ticks);
    assert.equal(clock.restarts, restarts);
  });
}

test("behind the last frame, frames follow as the last two did", () => {
  const clock = new FrameClock([0, 10, 30], [1, 1000]);
  assert.deepEqual([clock.at(2), clock.at(3), clock.at(5)], [30, 50, 90]);
  assert.equal(clock.leastStep, 10);
  assert.equal(new FrameClock([5], [1, 1000]).at(1), 45);
});
