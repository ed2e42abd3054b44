/** Corners `[x1, y1, x2, y2]`, x to the right and y down, in the pixels of the space its name states. */
export type BoxXyxy = readonly [x1: number, y1: number, x2: number, y2: number];

/** Top left corner and size `[x, y, width, height]`, in the pixels of the space its name states. */
export type BoxXywh = readonly [x: number, y: number, width: number, height: number];

/** Width and height in whole pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export function xywhToXyxy([x, y, width, height]: BoxXywh): BoxXyxy {
  return [x, y, x + width, y + height];
}

export function xyxyToXywh([x1, y1, x2, y2]: BoxXyxy): BoxXywh {
  return [x1, y1, x2 - x1, y2 - y1];
}

/** Area in square pixels, without the +1 pixel of some benchmarks; 0 for an inverted box, NaN for one with NaN. */
export function area([x1, y1, x2, y2]: BoxXyxy): number {
  return Math.max(0, x2 - x1) * Math.max(0, y2 - y1);
}

/**
 * Intersection over union, 0 to 1, of boxes as real-valued rectangles (no +1 pixel).
 * Touching boxes have 0, and so has any pair with an empty, inverted or non-finite box.
 */
export function iou(a: BoxXyxy, b: BoxXyxy): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (!(width > 0 && height > 0)) return 0;
  const intersection = width * height;
  const overlap = intersection / (area(a) + area(b) - intersection);
  return overlap > 0 ? overlap : 0;
}

/** The part of the box inside a picture of that size; a box wholly outside becomes an empty one on the border. */
export function clipBox([x1, y1, x2, y2]: BoxXyxy, width: number, height: number): BoxXyxy {
  return [clamp(x1, width), clamp(y1, height), clamp(x2, width), clamp(y2, height)];
}

function clamp(value: number, limit: number): number {
  return Math.min(Math.max(value, 0), limit);
}
