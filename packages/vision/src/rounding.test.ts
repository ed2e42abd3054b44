import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { boxDecimals, roundTo, scoreDecimals } from "./rounding.ts";

const seed = 20170425;

const rows: [number, number, number][] = [
  [1.234, 2, 1.23],
  [1.235, 2, 1.24],
  [-1.239, 2, -1.24],
  [0.125, 2, 0.13],
  [-0.125, 2, -0.12],
  [0.87125, 4, 0.8713],
  [12, 2, 12],
  [1919.999, 2, 1920],
  [2.5, 0, 3],
];
for (const [value, decimals, expected] of rows) {
  test(`${value} to ${decimals} decimals is ${expected}`, () => {
    assert.equal(roundTo(value, decimals), expected);
  });
}

test("is never -0", () => {
  for (const value of [-0, -0.001, -0.004999]) {
    assert.ok(Object.is(roundTo(value, boxDecimals), 0));
  }
});

test("passes on what is not finite", () => {
  assert.ok(Number.isNaN(roundTo(Number.NaN, 2)));
  assert.equal(roundTo(Number.POSITIVE_INFINITY, 2), Number.POSITIVE_INFINITY);
});

test("moves a value by half a step at most, once, and writes short", () => {
  const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(value, fc.constantFrom(boxDecimals, scoreDecimals), (x, decimals) => {
      const rounded = roundTo(x, decimals);
      assert.ok(Math.abs(rounded - x) <= 0.5 / 10 ** decimals + 1e-9);
      assert.equal(roundTo(rounded, decimals), rounded);
      assert.equal(Number(rounded.toFixed(decimals)), rounded);
      assert.match(JSON.stringify(rounded), new RegExp(`^-?\\d+(\\.\\d{1,${decimals}})?$`));
    }),
    { seed, numRuns: 1000 },
  );
});
