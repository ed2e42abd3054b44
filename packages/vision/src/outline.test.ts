import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type OutlinePoint, outlines } from "./outline.ts";
import { encodeMask, maskArea } from "./rle.ts";

/** Pixels that polygons fill by the non-zero rule; area of a hole is negative. */
function areaOf(loops: readonly (readonly OutlinePoint[])[]): number {
  return loops.reduce((sum, loop) => {
    let twice = 0;
    for (const [i, [x, y]] of loop.entries()) {
      const [nextX, nextY] = loop[(i + 1) % loop.length]!;
      twice += x * nextY - nextX * y;
    }
    return sum + twice / 2;
  }, 0);
}

function maskOf(width: number, height: number, isIn: (x: number, y: number) => boolean) {
  const mask = Array.from({ length: width * height }, (_, i) =>
    isIn(i % width, Math.floor(i / width)) ? 1 : 0,
  );
  return encodeMask(mask, width, height);
}

test("a box has its four corners", () => {
  const runs = maskOf(30, 20, (x, y) => x >= 5 && x < 15 && y >= 2 && y < 12);
  const [loop, ...more] = outlines(runs, { width: 30, height: 20 }, 1);
  assert.deepEqual(more, []);
  assert.deepEqual(
    [...loop!].sort((a, b) => a[0] - b[0] || a[1] - b[1]),
    [
      [5, 2],
      [5, 12],
      [15, 2],
      [15, 12],
    ],
  );
});

test("a ring is a piece and a hole that turn against each other", () => {
  const far = (x: number, y: number): number => Math.hypot(x - 49.5, y - 49.5);
  const runs = maskOf(100, 100, (x, y) => far(x, y) < 40 && far(x, y) > 20);
  const loops = outlines(runs, { width: 100, height: 100 }, 2);
  assert.equal(loops.length, 2);
  const areas = loops.map((loop) => areaOf([loop])).sort((a, b) => b - a);
  assert.ok(areas[0]! > 0 && areas[1]! < 0, `${areas}`);
  assert.ok(Math.abs(areaOf(loops) / maskArea(runs) - 1) < 0.05);
  assert.ok(loops.every((loop) => loop.length < 60));
});

test("a mask that touches the border stays in the picture, an empty one has no outline", () => {
  const size = { width: 31, height: 17 };
  for (const loop of outlines(
    maskOf(31, 17, () => true),
    size,
    4,
  )) {
    for (const [x, y] of loop) assert.ok(x >= 0 && x <= 31 && y >= 0 && y <= 17);
  }
  assert.deepEqual(
    outlines(
      maskOf(31, 17, () => false),
      size,
      4,
    ),
    [],
  );
});

test("outlines of any mask end, and fill about what the mask does", () => {
  const cells = fc.array(fc.boolean(), { minLength: 80, maxLength: 80 });
  fc.assert(
    fc.property(cells, (inside) => {
      // blocks of 6 pixels, so that nothing is a speck
      const runs = maskOf(60, 48, (x, y) => inside[Math.floor(y / 6) * 10 + Math.floor(x / 6)]!);
      const loops = outlines(runs, { width: 60, height: 48 }, 1);
      assert.ok(Math.abs(areaOf(loops) - maskArea(runs)) <= 0.1 * maskArea(runs));
    }),
  );
});
