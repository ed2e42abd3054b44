import type { Point } from "./geometry.ts";

/** Cells along the longer side of the picture. */
const CELLS = 160;

/** How often each place of the picture was stood on. */
export interface HeatMap {
  /** Cells. */
  readonly width: number;
  readonly height: number;
  /** Observations per cell, row by row from the top. */
  readonly counts: Float64Array;
}

export function createHeatMap(size: { readonly width: number; readonly height: number }): HeatMap {
  const cell = Math.max(size.width, size.height) / CELLS;
  const width = Math.max(1, Math.round(size.width / cell));
  const height = Math.max(1, Math.round(size.height / cell));
  return { width, height, counts: new Float64Array(width * height) };
}

/** Counts a point of a picture of `size`; what lies outside counts at the border. */
export function heat(
  { width, height, counts }: HeatMap,
  size: { readonly width: number; readonly height: number },
  [x, y]: Point,
): void {
  const column = Math.min(width - 1, Math.max(0, Math.floor((x / size.width) * width)));
  const row = Math.min(height - 1, Math.max(0, Math.floor((y / size.height) * height)));
  counts[row * width + column]!++;
}
