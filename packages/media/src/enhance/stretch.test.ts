import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseStretch } from "./stretch.ts";

const ramp = (from: number, to: number, length = 10_000) =>
  Uint8Array.from({ length }, (_, index) => from + Math.floor((index * (to - from + 1)) / length));

test("a dull ramp is stretched between its percentiles", () => {
  const { gain, offset } = chooseStretch(ramp(50, 149)) ?? { gain: 0, offset: 0 };
  assert.ok(Math.abs(50.5 * gain + offset) < 3 && Math.abs(148.5 * gain + offset - 255) < 3);
});

test("outliers do not count", () => {
  const plane = ramp(50, 149);
  plane.fill(255, 0, 20);
  plane.fill(0, 20, 40);
  assert.ok((chooseStretch(plane)?.gain ?? 0) > 2.4);
});

test("a flat plane and one of full range stay as they are", () => {
  assert.equal(chooseStretch(new Uint8Array(500).fill(77)), undefined);
  assert.equal(
    chooseStretch(
      ramp(0, 255, 256 * 200).map((value) => (value < 4 ? 0 : value > 251 ? 255 : value)),
    ),
    undefined,
  );
});

test("the gain is bounded", () => {
  assert.equal(chooseStretch(ramp(10, 13))?.gain, 4);
});

test("a large plane is sampled", () => {
  const { gain = 0 } = chooseStretch(ramp(50, 149, 1_000_000)) ?? {};
  assert.ok(Math.abs(gain - 255 / 98) < 0.1);
});
