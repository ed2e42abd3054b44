import assert from "node:assert/strict";
import { test } from "node:test";
import { depthInside, isInside, type Point, segmentsMeet, signedDistance } from "./geometry.ts";

test("the right-hand side of a line is positive, in pixels", () => {
  assert.equal(signedDistance([5, 3], [0, 0], [10, 0]), 3);
  assert.equal(signedDistance([5, -3], [0, 0], [10, 0]), -3);
  assert.equal(signedDistance([4, 5], [1, 0], [1, 7]), -3);
});

const SEGMENTS: [string, Point, Point, Point, Point, boolean][] = [
  ["crossing", [0, 0], [10, 10], [0, 10], [10, 0], true],
  ["apart", [0, 0], [1, 1], [0, 10], [10, 0], false],
  ["touching with an end", [0, 0], [5, 5], [0, 10], [10, 0], true],
  ["on one line, overlapping", [0, 0], [5, 0], [4, 0], [9, 0], true],
  ["on one line, apart", [0, 0], [3, 0], [4, 0], [9, 0], false],
  ["parallel", [0, 0], [9, 0], [0, 1], [9, 1], false],
  ["past an end", [11, -5], [11, 5], [0, 0], [10, 0], false],
];
for (const [name, a, b, c, d, meet] of SEGMENTS) {
  test(`segments ${name} ${meet ? "meet" : "do not meet"}, from whichever end`, () => {
    for (const [p, q] of [
      [a, b],
      [b, a],
    ] as const) {
      assert.equal(segmentsMeet(p, q, c, d), meet);
      assert.equal(segmentsMeet(c, d, p, q), meet);
    }
  });
}

const NOTCHED: Point[] = [
  [0, 0],
  [10, 0],
  [10, 10],
  [5, 4],
  [0, 10],
];

test("a polygon with a notch", () => {
  assert.ok(isInside([1, 1], NOTCHED));
  assert.ok(isInside([1, 8], NOTCHED));
  assert.ok(!isInside([5, 8], NOTCHED));
  assert.ok(!isInside([11, 5], NOTCHED));
  assert.ok(!isInside([-1, 0], NOTCHED));
});

test("depth is the distance from the nearest edge, negative outside", () => {
  const square: Point[] = [
    [0, 0],
    [10, 0],
    [10, 10],
    [0, 10],
  ];
  assert.equal(depthInside([3, 5], square), 3);
  assert.equal(depthInside([-3, 5], square), -3);
  assert.equal(depthInside([13, 14], square), -5);
});

test("a point and its polygon moved or turned stay as they are to each other", () => {
  for (let i = 0; i < 50; i++) {
    const angle = i / 7;
    const move = ([x, y]: Point): Point => [
      x * Math.cos(angle) - y * Math.sin(angle) + 100,
      x * Math.sin(angle) + y * Math.cos(angle) - 50,
    ];
    const point: Point = [(i * 37) % 12, (i * 53) % 13];
    const before = depthInside(point, NOTCHED);
    assert.ok(Math.abs(depthInside(move(point), NOTCHED.map(move)) - before) < 1e-9);
  }
});
