import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FrameNumbers } from "./frame-numbers.ts";
import type { MissingSpan } from "../site/timeline.ts";

test("missing frames have numbers too", () => {
  const numbers = new FrameNumbers([
    { before: 0, frames: 15, reason: "decode-error" },
    { before: 2, frames: 1, reason: "decode-error" },
    { before: 4, frames: 3, reason: "source-truncated" },
  ]);
  assert.deepEqual(
    [0, 1, 2, 3].map((frame) => numbers.of(frame)),
    [15, 16, 18, 19],
  );
  assert.deepEqual(numbers.gaps, [
    { from: 0, to: 14, reason: "decode-error" },
    { from: 17, to: 17, reason: "decode-error" },
    { from: 20, to: 22, reason: "source-truncated" },
  ]);
});

test("every number is given once, to a frame or to a gap", () => {
  const places = fc.array(fc.tuple(fc.nat(30), fc.integer({ min: 1, max: 9 })), { maxLength: 12 });
  fc.assert(
    fc.property(places, fc.nat(30), (drawn, frames) => {
      const spans = new Map(drawn.filter(([before]) => before <= frames));
      const missing = [...spans]
        .sort(([a], [b]) => a - b)
        .map(([before, count]): MissingSpan => ({ before, frames: count, reason: "decode-error" }));
      const numbers = new FrameNumbers(missing);
      const given = Array.from({ length: frames }, (_, frame) => numbers.of(frame));
      for (const { from, to } of numbers.gaps) for (let n = from; n <= to; n++) given.push(n);
      given.sort((a, b) => a - b);
      assert.deepEqual(given, [...given.keys()]);
    }),
    { seed: 5 },
  );
});
