import { area } from "@framequeue/vision";
import type { BoxXyxy } from "@framequeue/vision";

/** IoU of every pair, row-major `[a.length, b.length]`: plain real-number overlap, no +1 pixel. */
export function iouMatrix(a: readonly BoxXyxy[], b: readonly BoxXyxy[]): Float64Array {
  const columns = b.length;
  const overlaps = new Float64Array(a.length * columns);
  const corners = Float64Array.from(b.flat());
  const areas = Float64Array.from(b, area);
  for (const [row, box] of a.entries()) {
    const [x1, y1, x2, y2] = box;
    const boxArea = area(box);
    for (let column = 0; column < columns; column++) {
      const at = 4 * column;
      // Most pairs of a scene lie apart, so the cheapest tests come first.
      if (!(corners[at]! < x2 && corners[at + 2]! > x1)) continue;
      if (!(corners[at + 1]! < y2 && corners[at + 3]! > y1)) continue;
      const width = Math.min(x2, corners[at + 2]!) - Math.max(x1, corners[at]!);
      const height = Math.min(y2, corners[at + 3]!) - Math.max(y1, corners[at + 1]!);
      const intersection = width * height;
      const overlap = intersection / (boxArea + areas[column]! - intersection);
      if (overlap > 0) overlaps[row * columns + column] = overlap;
    }
  }
  return overlaps;
}

/**
 * The pairs above a threshold, if there are any and no row or column has two of them; else null.
 * One entry per row: its column, or -1. SORT and OC-SORT take such pairs without solving, which is
 * more than a short cut: the full problem may prefer other pairs and then reject them.
 */
export function unambiguousPairs(
  overlaps: Float64Array,
  rows: number,
  columns: number,
  threshold: number,
): Int32Array | null {
  const columnOfRow = new Int32Array(rows).fill(-1);
  const taken = new Uint8Array(columns);
  let found = false;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (!(overlaps[row * columns + column]! > threshold)) continue;
      if (columnOfRow[row]! >= 0 || taken[column] === 1) return null;
      columnOfRow[row] = column;
      taken[column] = 1;
      found = true;
    }
  }
  return found ? columnOfRow : null;
}
