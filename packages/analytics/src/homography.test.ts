import assert from "node:assert/strict";
import { test } from "node:test";
import type { Point } from "./geometry.ts";
import { planeMap } from "./homography.ts";

type Four = [Point, Point, Point, Point];

function close(got: Point | undefined, wanted: Point): void {
  assert.ok(got !== undefined);
  assert.ok(
    Math.hypot(got[0] - wanted[0], got[1] - wanted[1]) < 1e-9,
    `${got.join()} ${wanted.join()}`,
  );
}

test("a scaled and moved picture", () => {
  const image: Four = [
    [0, 0],
    [100, 0],
    [100, 50],
    [0, 50],
  ];
  const map = planeMap(image, [
    [1, 1],
    [11, 1],
    [11, 6],
    [1, 6],
  ]);
  close(map([50, 25]), [6, 3.5]);
});

test("a road seen at an angle: the map of a known camera is found again", () => {
  // A camera 6 m above the ground that looks down at 30 degrees, focal length 800 pixels, centre 640, 360.
  const [sin, cos] = [0.5, Math.sqrt(3) / 2];
  const project = ([x, z]: Point): Point => {
    const depth = z * cos + 6 * sin;
    return [640 + (800 * x) / depth, 360 + (800 * (6 * cos - z * sin)) / depth];
  };
  const ground: Four = [
    [-4, 8],
    [4, 8],
    [4, 40],
    [-4, 40],
  ];
  const map = planeMap(ground.map(project) as Four, ground);
  for (const point of [
    [0, 12],
    [3, 25],
    [-10, 60],
  ] as Point[])
    close(map(project(point)), point);
});
