import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "./random.ts";

test("equal seeds give equal numbers, other seeds and streams do not", () => {
  const draw = (seed: number, stream: number): number[] => {
    const random = createRandom(seed, stream);
    return Array.from({ length: 8 }, () => random.next());
  };
  assert.deepEqual(draw(1, 2), draw(1, 2));
  assert.notDeepEqual(draw(1, 2), draw(2, 2));
  assert.notDeepEqual(draw(1, 2), draw(1, 3));
});

test("numbers are spread evenly over their range", () => {
  const random = createRandom(9, 1);
  const counts = Array.from({ length: 10 }, () => 0);
  for (let i = 0; i < 10_000; i++) counts[random.integer(0, 9)]!++;
  for (const count of counts) assert.ok(Math.abs(count - 1000) < 150);
  for (let i = 0; i < 1000; i++) {
    const value = random.range(-2, 3);
    assert.ok(value >= -2 && value < 3);
  }
  assert.throws(() => random.pick([]), RangeError);
});
