import assert from "node:assert/strict";
import { test } from "node:test";
import { createBrush } from "./brush.ts";
import { createCanvas, restore } from "./canvas.ts";
import { createScreenPolygon, type ScreenPolygon } from "./polygon.ts";

function rectangle(x0: number, y0: number, x1: number, y1: number, depth: number): ScreenPolygon {
  const polygon = createScreenPolygon();
  polygon.vertices.set([x0, y0, depth, x1, y0, depth, x1, y1, depth, x0, y1, depth]);
  polygon.count = 4;
  return polygon;
}

test("a polygon covers the pixels whose centres lie in it", () => {
  const canvas = createCanvas(10, 8);
  const brush = createBrush(canvas);
  brush.begin(1);
  brush.paint(rectangle(2, 1, 6, 4, 10), 0x123456);
  assert.equal(brush.covered(), 12);
  assert.equal(canvas.colour.filter((colour) => colour === 0x123456).length, 12);
  assert.equal(canvas.id[1 * 10 + 2], 1);
  assert.equal(canvas.id[4 * 10 + 2], 0);
});

test("the nearer of two wins in any order, and what is hidden is still counted", () => {
  for (const nearFirst of [true, false]) {
    const canvas = createCanvas(10, 8);
    const brush = createBrush(canvas);
    const near = (): number => {
      brush.begin(1);
      brush.paint(rectangle(0, 0, 5, 8, 5), 1);
      return brush.covered();
    };
    const far = (): number => {
      brush.begin(2);
      brush.paint(rectangle(3, 0, 9, 8, 9), 2);
      return brush.covered();
    };
    const counted = nearFirst ? [near(), far()] : [far(), near()].toReversed();
    assert.deepEqual(counted, [40, 48]);
    assert.equal(canvas.id.filter((id) => id === 1).length, 40);
    assert.equal(canvas.id.filter((id) => id === 2).length, 32);
  }
});

test("two faces of one object that overlap are counted once", () => {
  const brush = createBrush(createCanvas(10, 8));
  brush.begin(1);
  brush.paint(rectangle(0, 0, 4, 4, 5), 1);
  brush.paint(rectangle(2, 2, 6, 6, 4), 2);
  assert.equal(brush.covered(), 16 + 16 - 4);
});

test("neighbours share no pixel and leave none between them", () => {
  const brush = createBrush(createCanvas(40, 40));
  const polygon = createScreenPolygon();
  const corners = [
    [3.2, 4.7],
    [35.9, 2.1],
    [30.4, 37.3],
    [6.6, 33.8],
  ] as const;
  const middle = [19.3, 17.9] as const;
  const area = (points: readonly (readonly [number, number])[]): number => {
    polygon.vertices.set(points.flatMap(([x, y]) => [x, y, 5]));
    polygon.count = points.length;
    brush.begin(1);
    brush.paint(polygon, 1);
    return brush.covered();
  };
  const parts = corners.map((corner, i) => area([corner, corners[(i + 1) % 4]!, middle]));
  assert.equal(
    parts.reduce((a, b) => a + b),
    area(corners),
  );
});

test("shadow and light change only what is not nearer, and no channel spills over", () => {
  const canvas = createCanvas(4, 2);
  canvas.colour.fill(0xff80ff);
  canvas.inverseDepth[0] = 1;
  const brush = createBrush(canvas);
  brush.darken(rectangle(0, 0, 4, 2, 2), 0.5);
  assert.equal(canvas.colour[0], 0xff80ff);
  assert.equal(canvas.colour[1], 0x7f407f);
  brush.lighten(rectangle(0, 0, 4, 2, 2), 200, 10, 0);
  assert.equal(canvas.colour[1], 0x7f4aff);
});

test("restoring undoes everything that was drawn", () => {
  const canvas = createCanvas(10, 8);
  const surroundings = createCanvas(10, 8);
  const brush = createBrush(canvas);
  brush.begin(1);
  brush.paint(rectangle(1, 1, 9, 7, 3), 77);
  restore(canvas, surroundings);
  assert.deepEqual(canvas, surroundings);
});
