import type { Canvas, Window } from "./canvas.ts";

/** The nearest depth that is drawn, in metres. */
export const NEAR = 1;
const MAX_VERTICES = 32;

/** Paints pixels `from` to `to` (outside) of a row-major buffer; depth is 1/metres. */
export type SpanPainter = (
  from: number,
  to: number,
  inverseDepth: number,
  inverseDepthStep: number,
) => void;

/** A convex polygon on the canvas: x, y and depth per vertex. Reused from one to the next. */
export interface ScreenPolygon {
  readonly vertices: Float64Array;
  count: number;
}

export function createScreenPolygon(): ScreenPolygon {
  return { vertices: new Float64Array(3 * MAX_VERTICES), count: 0 };
}

/**
 * Walks the pixels whose centres lie in a convex polygon, row by row, within a window.
 * A polygon that reaches nearer than NEAR is left out: nothing in these scenes comes that close
 * and stays in the picture.
 */
export function scanPolygon(
  canvas: Canvas,
  window: Window,
  polygon: ScreenPolygon,
  paint: SpanPainter,
): void {
  const { vertices, count } = polygon;
  let top = Infinity;
  let bottom = -Infinity;
  let least = Infinity;
  let most = -Infinity;
  for (let i = 0; i < count; i++) {
    const y = vertices[3 * i + 1]!;
    const depth = vertices[3 * i + 2]!;
    if (depth < NEAR) return;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
    const inverse = 1 / depth;
    if (inverse < least) least = inverse;
    if (inverse > most) most = inverse;
  }
  const firstRow = Math.max(window.top, Math.ceil(top - 0.5));
  const endRow = Math.min(window.bottom, Math.ceil(bottom - 0.5));
  if (firstRow >= endRow) return;

  // The plane of 1/depth through the three vertices that span it best.
  const x0 = vertices[0]!;
  const y0 = vertices[1]!;
  const d0 = 1 / vertices[2]!;
  let slopeX = 0;
  let slopeY = 0;
  let span = 0;
  for (let i = 1; i + 1 < count; i++) {
    const ax = vertices[3 * i]! - x0;
    const ay = vertices[3 * i + 1]! - y0;
    const bx = vertices[3 * i + 3]! - x0;
    const by = vertices[3 * i + 4]! - y0;
    const area = ax * by - ay * bx;
    if (Math.abs(area) > span) {
      span = Math.abs(area);
      const da = 1 / vertices[3 * i + 2]! - d0;
      const db = 1 / vertices[3 * i + 5]! - d0;
      slopeX = (da * by - db * ay) / area;
      slopeY = (db * ax - da * bx) / area;
    }
  }
  if (span < 1e-3) return;

  for (let row = firstRow; row < endRow; row++) {
    const y = row + 0.5;
    let left = Infinity;
    let right = -Infinity;
    let j = count - 1;
    for (let i = 0; i < count; j = i++) {
      const yi = vertices[3 * i + 1]!;
      const yj = vertices[3 * j + 1]!;
      if (yi <= y === yj <= y) continue;
      const xi = vertices[3 * i]!;
      const x = xi + ((y - yi) / (yj - yi)) * (vertices[3 * j]! - xi);
      if (x < left) left = x;
      if (x > right) right = x;
    }
    const from = Math.max(window.left, Math.ceil(left - 0.5));
    const to = Math.min(window.right, Math.ceil(right - 0.5));
    if (from >= to) continue;
    if (from < canvas.dirtyLeft[row]!) canvas.dirtyLeft[row] = from;
    if (to > canvas.dirtyRight[row]!) canvas.dirtyRight[row] = to;
    // Clamped at both ends: the plane of a face seen almost edge-on is steep, and a pixel's centre
    // can lie a little past its vertices.
    const start = clamp(d0 + (from + 0.5 - x0) * slopeX + (y - y0) * slopeY, least, most);
    const end = clamp(d0 + (to - 0.5 - x0) * slopeX + (y - y0) * slopeY, least, most);
    const base = row * canvas.width;
    paint(base + from, base + to, start, to - from > 1 ? (end - start) / (to - from - 1) : 0);
  }
}

function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}
