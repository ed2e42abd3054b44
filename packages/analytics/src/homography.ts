import type { Point } from "./geometry.ts";

/** Maps points of the image to points of another plane. */
export type PlaneMap = (point: Point) => Point;

type Four = readonly [Point, Point, Point, Point];

/**
 * The projective map that takes four points of the image to four points of the ground (Hartley and Zisserman, Multiple
 * View Geometry, 4.1, with the last entry fixed at 1). The plane is the ground: what stands above it maps too far away.
 *
 * @param ground in metres
 * @throws RangeError where there is none, because three of the points lie on one line
 */
export function planeMap(image: Four, ground: Four): PlaneMap {
  const rows: number[][] = [];
  for (const [i, [x, y]] of image.entries()) {
    const [u, v] = ground[i]!;
    rows.push([x, y, 1, 0, 0, 0, -u * x, -u * y, u]);
    rows.push([0, 0, 0, x, y, 1, -v * x, -v * y, v]);
  }
  const h = solve(rows);
  if (h === undefined) throw new RangeError("three of the points lie on one line");
  const [a, b, c, d, e, f, g, k] = h as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return ([x, y]) => {
    const w = g * x + k * y + 1;
    return [(a * x + b * y + c) / w, (d * x + e * y + f) / w];
  };
}

/** Gauss elimination with pivoting of n rows of n coefficients and a right-hand side. */
function solve(rows: number[][]): number[] | undefined {
  const n = rows.length;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++) {
      if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row;
    }
    if (rows[pivot]![column] === 0) return undefined;
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    for (let row = 0; row < n; row++) {
      if (row === column) continue;
      const factor = rows[row]![column]! / rows[column]![column]!;
      for (let i = column; i <= n; i++) rows[row]![i]! -= factor * rows[column]![i]!;
    }
  }
  return rows.map((row, i) => row[n]! / row[i]!);
}
