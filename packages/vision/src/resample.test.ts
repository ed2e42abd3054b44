import assert from "node:assert/strict";
import { test } from "node:test";
import { Resampler } from "./resample.ts";

/** One for all cases: what it keeps of one must not show in the next. */
const resampler = new Resampler();

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
  resampler.resample(from, { width, height }, { x, y, width: w, height: h }, target, into);
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

/** The definition, one value at a time: scaled along lines first, then across them, each sum in order. */
function byDefinition(
  plane: ArrayLike<number>,
  width: number,
  [x, y, w, h]: readonly [number, number, number, number],
  [toWidth, toHeight]: readonly [number, number],
): number[] {
  const mix = (length: number, target: number, i: number, value: (k: number) => number): number => {
    const scale = length / target;
    const reach = Math.max(1, scale);
    const centre = (i + 0.5) * scale;
    const from = Math.max(0, Math.ceil(centre - reach - 0.5));
    const to = Math.min(length, Math.floor(centre + reach - 0.5) + 1);
    const shares = Array.from({ length: to - from }, (_, k) =>
      Math.max(0, 1 - Math.abs(from + k + 0.5 - centre) / reach),
    );
    const whole = shares.reduce((a, b) => a + b, 0);
    return shares.reduce((sum, share, k) => sum + (share / whole) * value(from + k), 0);
  };
  const lines = Array.from({ length: h }, (_, row) =>
    Array.from({ length: toWidth }, (_value, column) =>
      mix(w, toWidth, column, (k) => plane[(y + row) * width + x + k]!),
    ),
  );
  return Array.from({ length: toWidth * toHeight }, (_, i) => {
    const [column, row] = [i % toWidth, Math.floor(i / toWidth)];
    return Math.round(mix(h, toHeight, row, (k) => lines[k]![column]!));
  });
}

test("every value is that of the definition, to the last bit, whatever came before", () => {
  let seed = 1;
  const below = (limit: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * limit);
  };
  for (let round = 0; round < 300; round++) {
    const [width, height] = [1 + below(40), 1 + below(40)];
    const pixels = width * height;
    const picture = Uint8Array.from({ length: 3 * pixels }, () => below(256));
    const [x, y] = [below(width), below(height)];
    const region = [x, y, 1 + below(width - x), 1 + below(height - y)] as const;
    const [, , w, h] = region;
    const target = [1 + below(50), 1 + below(50)] as const;
    const wanted = { width: target[0], height: target[1] };
    const into = new Uint8Array(3 * target[0] * target[1]);
    resampler.resample(picture, { width, height }, { x, y, width: w, height: h }, wanted, into);
    const whole = [0, 1, 2].flatMap((plane) =>
      byDefinition(picture.subarray(plane * pixels), width, region, target),
    );
    assert.deepEqual(
      [...into],
      whole,
      `${region.join()} of ${width}x${height} to ${target.join("x")}`,
    );
  }
});
