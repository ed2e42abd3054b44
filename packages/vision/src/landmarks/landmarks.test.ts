import assert from "node:assert/strict";
import { test } from "node:test";
import { findCorners } from "./corners.ts";
import {
  decodeLandmarks,
  encodeLandmarks,
  findLandmarks,
  pickLandmarks,
  placesOfLandmarks,
} from "./landmarks.ts";
import { lumaOf } from "./luma.ts";
import { sharpenCorner } from "./sharpen-corner.ts";

/** A grey picture of three equal planes. */
function grey(width: number, height: number, level: (x: number, y: number) => number): Uint8Array {
  const plane = Uint8Array.from({ length: width * height }, (_, i) =>
    level(i % width, Math.floor(i / width)),
  );
  return Uint8Array.from([...plane, ...plane, ...plane]);
}

/** A bright rectangle from 30, 40 to 79, 69. */
const isInside = (x: number, y: number) => x >= 30 && x < 80 && y >= 40 && y < 70;
const SIZE = { width: 120, height: 100 };
const rectangle = grey(SIZE.width, SIZE.height, (x, y) => (isInside(x, y) ? 200 : 20));

test("a picture becomes smaller by means of whole squares", () => {
  const size = { width: 5, height: 4 };
  const planes = new Uint8Array(60);
  // green counts twice
  planes.set([10, 20, 30, 40, 250, 50, 60, 70, 80, 250], 0);
  planes.set([4, 0, 0, 0, 0], 20);
  planes.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 8], 40);
  const small = lumaOf(planes, size, 3);
  assert.deepEqual([small.width, small.height], [2, 2]);
  // (2 * (10 + 20 + 50 + 60) + 4) / 16 and 2 * (30 + 40 + 70 + 80) / 16
  assert.deepEqual([...small.data.subarray(0, 2)], [17, 27]);
  const whole = lumaOf(planes, size, 5);
  assert.deepEqual([...whole.data.subarray(0, 2)], [6, 10]);
});

test("the corners of a rectangle are found, to a part of a pixel", () => {
  const luma = lumaOf(rectangle, SIZE, 480);
  const corners = findCorners(luma, 4, 50, 3);
  const sharp = corners.map((corner) => sharpenCorner(luma, corner));
  for (const [x, y] of [
    [29.5, 39.5],
    [79.5, 39.5],
    [29.5, 69.5],
    [79.5, 69.5],
  ] as const) {
    const nearest = Math.min(...sharp.map((at) => Math.hypot(at.x - x, at.y - y)));
    assert.ok(nearest < 0.51, `${x}, ${y} is ${nearest} away`);
  }
  // and nothing else: not the edges, not the ground
  assert.equal(corners.length, 4);
});

test("no more than so many corners of a cell, the best ones", () => {
  const noise = lumaOf(
    grey(120, 100, (x, y) => Math.imul(x * 7919 + y * 104_729, 2_654_435_761) >>> 24),
    SIZE,
    480,
  );
  const corners = findCorners(noise, 4, 20, 2);
  const cells = Map.groupBy(corners, ({ x, y }) => `${Math.floor(x / 20)} ${Math.floor(y / 20)}`);
  assert.ok(cells.size > 20);
  assert.ok([...cells.values()].every(({ length }) => length <= 2));
});

test("landmarks lie in the picture, whatever its size, and survive as text", () => {
  const large = grey(1200, 800, (x, y) => (((x >> 5) * 31 + (y >> 5) * 17) % 7) * 36);
  for (const size of [
    { width: 1200, height: 800 },
    { width: 600, height: 1600 },
  ]) {
    const landmarks = findLandmarks(large, size);
    const count = landmarks.positions.length / 2;
    assert.ok(count > 20);
    const places = placesOfLandmarks(landmarks, size);
    for (let i = 0; i < count; i++) {
      assert.ok(places[2 * i]! > 0 && places[2 * i]! < size.width);
      assert.ok(places[2 * i + 1]! > 0 && places[2 * i + 1]! < size.height);
    }
    assert.deepEqual(decodeLandmarks(encodeLandmarks(landmarks)), landmarks);
    const picked = pickLandmarks(landmarks, [3, 5]);
    assert.deepEqual([...picked.positions.subarray(2)], [...landmarks.positions.subarray(10, 12)]);
    assert.deepEqual(
      [...picked.descriptions.subarray(4)],
      [...landmarks.descriptions.subarray(20, 24)],
    );
  }
});

test("a picture of one colour, or a tiny one, has no landmarks", () => {
  const plain = findLandmarks(
    grey(200, 100, () => 90),
    { width: 200, height: 100 },
  );
  assert.equal(encodeLandmarks(plain), "");
  assert.equal(decodeLandmarks("").positions.length, 0);
  const tiny = findLandmarks(
    grey(16, 16, (x) => x * 16),
    { width: 16, height: 16 },
  );
  assert.equal(tiny.positions.length, 0);
});

test("text that holds no landmarks is refused", () => {
  assert.throws(() => decodeLandmarks("AAAA"), RangeError);
});
