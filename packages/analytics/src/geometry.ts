/** A point `[x, y]` in pixels of the source; y grows downwards. */
export type Point = readonly [x: number, y: number];

/**
 * Distance of a point from the line through `from` and `to`, in pixels: above 0 on the right-hand side of somebody who
 * looks from `from` to `to`, below 0 on the left-hand side.
 */
export function signedDistance([x, y]: Point, from: Point, to: Point): number {
  const dx = to[0] - from[0];
  const dy = to[1] - from[1];
  return (dx * (y - from[1]) - dy * (x - from[0])) / Math.hypot(dx, dy);
}

/** Whether two segments have a point in common, ends included. */
export function segmentsMeet(a: Point, b: Point, c: Point, d: Point): boolean {
  const [sideA, sideB] = [turn(c, d, a), turn(c, d, b)];
  const [sideC, sideD] = [turn(a, b, c), turn(a, b, d)];
  if (sideA * sideB < 0 && sideC * sideD < 0) return true;
  return (
    (sideA === 0 && isWithin(a, c, d)) ||
    (sideB === 0 && isWithin(b, c, d)) ||
    (sideC === 0 && isWithin(c, a, b)) ||
    (sideD === 0 && isWithin(d, a, b))
  );
}

/** Whether a point lies in a polygon, by the even-odd rule; a polygon that crosses itself has holes. */
export function isInside([x, y]: Point, polygon: readonly Point[]): boolean {
  let inside = false;
  for (const [from, to] of edges(polygon)) {
    const crosses = from[1] > y !== to[1] > y;
    if (crosses && x < from[0] + ((y - from[1]) / (to[1] - from[1])) * (to[0] - from[0])) {
      inside = !inside;
    }
  }
  return inside;
}

/** Distance of a point from a polygon's border, in pixels: above 0 inside, below 0 outside. */
export function depthInside(point: Point, polygon: readonly Point[]): number {
  let nearest = Infinity;
  for (const [from, to] of edges(polygon)) {
    nearest = Math.min(nearest, distanceToSegment(point, from, to));
  }
  return isInside(point, polygon) ? nearest : -nearest;
}

function* edges(polygon: readonly Point[]): Generator<readonly [Point, Point]> {
  for (const [i, from] of polygon.entries()) yield [from, polygon[(i + 1) % polygon.length]!];
}

function distanceToSegment([x, y]: Point, from: Point, to: Point): number {
  const dx = to[0] - from[0];
  const dy = to[1] - from[1];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : ((x - from[0]) * dx + (y - from[1]) * dy) / length;
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(x - from[0] - t * dx, y - from[1] - t * dy);
}

/** Sign of the turn from a over b to c. */
function turn(a: Point, b: Point, c: Point): number {
  return Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
}

/** For a point on the line through the ends of a segment. */
function isWithin([x, y]: Point, a: Point, b: Point): boolean {
  return (
    Math.min(a[0], b[0]) <= x &&
    x <= Math.max(a[0], b[0]) &&
    Math.min(a[1], b[1]) <= y &&
    y <= Math.max(a[1], b[1])
  );
}
