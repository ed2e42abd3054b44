import type { Size } from "./box.ts";

/** A size of the same shape, in whole pixels, whose longer side is `most` at most; the size itself where it is smaller. */
export function fitWithin({ width, height }: Size, most: number): Size {
  const longest = Math.max(width, height);
  if (longest <= most) return { width, height };
  const scaled = (side: number): number => Math.max(1, Math.floor((side * most) / longest));
  return { width: scaled(width), height: scaled(height) };
}
