import type { Size } from "./box.ts";

/** A rectangle in whole pixels. */
export interface Region extends Size {
  readonly x: number;
  readonly y: number;
}

/** For each pixel of a scaled line, the first pixel that it is made of, and the shares of that and the next ones. */
interface Taps {
  readonly first: Int32Array;
  readonly shares: readonly Float64Array[];
}

/**
 * Scales a part of a picture, plane by plane, with a triangle filter: between pixels it interpolates linearly; where it
 * shrinks, it averages over as many pixels as become one. Nothing outside the part is looked at. The same as `BILINEAR`
 * of Pillow's `resize`, but that each value is rounded once.
 *
 * @param planes three planes of `size`, one after the other
 * @param region lies inside the picture
 * @param into room for three planes of `target`
 * @throws RangeError if the region does not lie inside, or a buffer is too short
 */
export function resample(
  planes: Uint8Array,
  size: Size,
  region: Region,
  target: Size,
  into: Uint8Array,
): void {
  const { x, y, width, height } = region;
  if (
    x < 0 ||
    y < 0 ||
    width < 1 ||
    height < 1 ||
    x + width > size.width ||
    y + height > size.height
  ) {
    throw new RangeError(
      `${width}x${height} at ${x}, ${y} is no part of a picture of ${size.width}x${size.height}`,
    );
  }
  const pixels = size.width * size.height;
  const wanted = target.width * target.height;
  if (planes.length < 3 * pixels || into.length < 3 * wanted) {
    throw new RangeError("the buffers are too short for three planes");
  }
  const columns = tapsOf(width, target.width);
  const rows = tapsOf(height, target.height);
  const narrow = new Float64Array(height * target.width);
  for (let plane = 0; plane < 3; plane++) {
    for (let row = 0; row < height; row++) {
      const line = plane * pixels + (y + row) * size.width + x;
      for (let column = 0; column < target.width; column++) {
        const shares = columns.shares[column]!;
        let from = line + columns.first[column]!;
        let sum = 0;
        for (const share of shares) sum += share * planes[from++]!;
        narrow[row * target.width + column] = sum;
      }
    }
    for (let row = 0; row < target.height; row++) {
      const shares = rows.shares[row]!;
      const to = plane * wanted + row * target.width;
      for (let column = 0; column < target.width; column++) {
        let from = rows.first[row]! * target.width + column;
        let sum = 0;
        for (const share of shares) {
          sum += share * narrow[from]!;
          from += target.width;
        }
        into[to + column] = Math.round(sum);
      }
    }
  }
}

function tapsOf(length: number, target: number): Taps {
  const scale = length / target;
  const reach = Math.max(1, scale);
  const first = new Int32Array(target);
  const shares = Array.from({ length: target }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const from = Math.max(0, Math.ceil(centre - reach - 0.5));
    const to = Math.min(length, Math.floor(centre + reach - 0.5) + 1);
    first[i] = from;
    const own = Float64Array.from({ length: to - from }, (_value, k) =>
      Math.max(0, 1 - Math.abs(from + k + 0.5 - centre) / reach),
    );
    const sum = own.reduce((a, b) => a + b, 0);
    return own.map((share) => share / sum);
  });
  return { first, shares };
}
