import assert from "node:assert/strict";
import { test } from "node:test";
import { resample } from "./resample.ts";

/** Three planes: the picture, the same plus 1, the same plus 2. */
const planes = (...rows: readonly (readonly number[])[]): Uint8Array =>
  Uint8Array.from([0, 1, 2].flatMap((plus) => rows.flat().map((value) => value + plus)));

function scaled(
  from: Uint8Array,
  [width, height]: [number, number],
  region: [number, number, number, number],
  [toWidth, toHeight]: [number, number],
): number[] {
  const into = new Uint8Array(3 * toWidth * toHeight);
  const [x, y, w, h] = region;
  const target = { width: toWidth, height: toHeight };
  resample(from, { width, height }, { x, y, width: w, height: h }, target, into);
  const size = toWidth * toHeight;
  const first = [...into.subarray(0, size)];
  // every plane is scaled alike
  [1, 2].forEach((plus) =>
    assert.deepEqual(
      [...into.subarray(plus * size, (plus + 1) * size)],
      first.map((value) => value + plus),
    ),
  );
  return first;
}

test("the same size is a copy of the part", () => {
  const picture = planes([0, 10, 20], [30, 40, 50], [60, 70, 80]);
  assert.deepEqual(
    scaled(picture, [3, 3], [0, 0, 3, 3], [3, 3]),
    [0, 10, 20, 30, 40, 50, 60, 70, 80],
  );
  assert.deepEqual(scaled(picture, [3, 3], [1, 1, 2, 2], [2, 2]), [40, 50, 70, 80]);
});

test("between pixels it interpolates, at the border it goes on", () => {
  // centres of the four at -0.25, 0.25, 0.75, 1.25 of the two
  assert.deepEqual(scaled(planes([0, 100]), [2, 1], [0, 0, 2, 1], [4, 1]), [0, 25, 75, 100]);
});

test("where it shrinks, it averages", () => {
  const stripes = planes([0, 200, 0, 200, 0, 200, 0, 200]);
  // the middle of each half sees stripes on both sides: no aliasing
  const [left, right] = scaled(stripes, [8, 1], [0, 0, 8, 1], [2, 1]);
  assert.ok(Math.abs(left! - 100) <= 10 && Math.abs(right! - 100) <= 10, `${left}, ${right}`);
});

test("what lies outside the part does not show through", () => {
  const picture = planes([255 - 2, 10, 10, 255 - 2]);
  assert.deepEqual(scaled(picture, [4, 1], [1, 0, 2, 1], [3, 1]), [10, 10, 10]);
});

test("a part outside, an empty one and short buffers are refused", () => {
  const picture = planes([1, 2]);
  for (const region of [
    [0, 0, 3, 1],
    [-1, 0, 1, 1],
    [0, 0, 0, 1],
  ] as [number, number, number, number][]) {
    assert.throws(() => scaled(picture, [2, 1], region, [1, 1]), RangeError);
  }
  assert.throws(() => scaled(picture, [2, 2], [0, 0, 2, 2], [1, 1]), /too short/);
});
