import type { BoxXyxy } from "@framequeue/vision";

/** IoU of every pair, row-major `[a.length, b.length]`: plain real-number overlap, no +1 pixel. */
export function iouMatrix(a: readonly BoxXyxy[], b: readonly BoxXyxy[]): Float64Array {
  const columns = b.length;
  const overlaps = new Float64Array(a.length * columns);
  if (overlaps.length === 0) return overlaps;
  const corners = new Float64Array(4 * columns);
  const areas = new Float64Array(columns);
  for (let column = 0; column < columns; column++) {
    const [x1, y1, x2, y2] = b[column]!;
    const at = 4 * column;
    corners[at] = x1;
    corners[at + 1] = y1;
    corners[at + 2] = x2;
    corners[at + 3] = y2;
    areas[column] = areaOf(b[column]!);
  }
  for (let row = 0; row < a.length; row++) {
    const [x1, y1, x2, y2] = a[row]!;
    const boxArea = areaOf(a[row]!);
    for (let column = 0; column < columns; column++) {
      const at = 4 * column;
      // Most pairs of a scene lie apart, so the cheapest tests come first.
      if (!(corners[at]! < x2 && corners[at + 2]! > x1)) continue;
      if (!(corners[at + 1]! < y2 && corners[at + 3]! > y1)) continue;
      const width = Math.min(x2, corners[at + 2]!) - Math.max(x1, corners[at]!);
      const height = Math.min(y2, corners[at + 3]!) - Math.max(y1, corners[at + 1]!);
      const intersection = width * height;
      const overlap = intersection / (boxArea + areas[column]! - intersection);
      if (width > 0 && height > 0 && overlap > 0) overlaps[row * columns + column] = overlap;
    }
  }
  return overlaps;
}

function areaOf([x1, y1, x2, y2]: BoxXyxy): number {
  return Math.max(0, x2 - x1) * Math.max(0, y2 - y1);
}
