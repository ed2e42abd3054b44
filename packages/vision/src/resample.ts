import type { Size } from "./box.ts";

/** A rectangle in whole pixels. */
export interface Region extends Size {
  readonly x: number;
  readonly y: number;
}

/** For each pixel of a scaled line, what it is made of. */
interface Taps {
  /** Pixels that each is made of; the shares of those that do not count are 0. */
  readonly count: number;
  /** The first of them. */
  readonly first: Int32Array;
  /** `[pixels, count]` */
  readonly shares: Float64Array;
}

/** Sides that are remembered: those of the frames, and of crops that come again. */
const REMEMBERED = 64;

/** Scales parts of pictures. Its buffers are reused: one call at a time. */
export class Resampler {
  /** By both lengths; the map's order is the order of use. */
  readonly #taps = new Map<number, Taps>();
  /** Scaled lines of the three planes, as many as become one line; line `n` is at `n % count`. */
  #lines = new Float64Array(0);

  /**
   * Scales a part of a picture, plane by plane, with a triangle filter: between pixels it interpolates linearly; where
   * it shrinks, it averages over as many pixels as become one. Nothing outside the part is looked at. The same as
   * `BILINEAR` of Pillow's `resize`, but that each value is rounded once.
   *
   * @param planes three planes of `size`, one after the other
   * @param region lies inside the picture
   * @param into room for three planes of `target`
   * @throws RangeError if the region does not lie inside, or a buffer is too short
   */
  resample(planes: Uint8Array, size: Size, region: Region, target: Size, into: Uint8Array): void {
    check(planes, size, region, target, into);
    const columns = this.#tapsOf(region.width, target.width);
    const rows = this.#tapsOf(region.height, target.height);
    const lineLength = 3 * target.width;
    const needed = rows.count * lineLength;
    if (this.#lines.length < needed) this.#lines = new Float64Array(needed);
    const lines = this.#lines;
    let scaled = 0;
    for (let row = 0; row < target.height; row++) {
      const end = rows.first[row]! + rows.count;
      // lines before the first that counts are never asked for again
      scaled = Math.max(scaled, rows.first[row]!);
      for (; scaled < end; scaled++) {
        const from = (region.y + scaled) * size.width + region.x;
        const to = (scaled % rows.count) * lineLength;
        scaleLine(planes, from, size.width * size.height, columns, lines, to);
      }
      mixLines(lines, rows, row, target, into);
    }
  }

  #tapsOf(length: number, target: number): Taps {
    const key = length * 2 ** 24 + target;
    const taps = this.#taps.get(key) ?? tapsOf(length, target);
    this.#taps.delete(key);
    this.#taps.set(key, taps);
    if (this.#taps.size > REMEMBERED) this.#taps.delete(this.#taps.keys().next().value!);
    return taps;
  }
}

function check(
  planes: Uint8Array,
  size: Size,
  { x, y, width, height }: Region,
  target: Size,
  into: Uint8Array,
): void {
  const isInside =
    x >= 0 &&
    y >= 0 &&
    width >= 1 &&
    height >= 1 &&
    x + width <= size.width &&
    y + height <= size.height;
  if (!isInside) {
    throw new RangeError(
      `${width}x${height} at ${x}, ${y} is no part of a picture of ${size.width}x${size.height}`,
    );
  }
  const isRoom =
    planes.length >= 3 * size.width * size.height &&
    into.length >= 3 * target.width * target.height;
  if (!isRoom) throw new RangeError("the buffers are too short for three planes");
}

/** One line of each plane; the planes go side by side, because three sums keep the processor busier than one. */
function scaleLine(
  planes: Uint8Array,
  from: number,
  pixels: number,
  { count, first, shares }: Taps,
  lines: Float64Array,
  to: number,
): void {
  const length = first.length;
  for (let column = 0, at = 0; column < length; column++) {
    let a = from + first[column]!;
    let b = a + pixels;
    let c = b + pixels;
    let green = 0;
    let blue = 0;
    let red = 0;
    for (const end = at + count; at < end; at++) {
      const share = shares[at]!;
      green += share * planes[a++]!;
      blue += share * planes[b++]!;
      red += share * planes[c++]!;
    }
    lines[to + column] = green;
    lines[to + length + column] = blue;
    lines[to + 2 * length + column] = red;
  }
}

/** One line of the result, of each plane; four sums at once, for the same reason. */
function mixLines(
  lines: Float64Array,
  { count, first, shares }: Taps,
  row: number,
  target: Size,
  into: Uint8Array,
): void {
  const { width, height } = target;
  const lineLength = 3 * width;
  const ring = count * lineLength;
  const start = (first[row]! % count) * lineLength;
  const [fromShare, endShare] = [row * count, (row + 1) * count];
  for (let plane = 0; plane < 3; plane++) {
    let to = (plane * height + row) * width;
    let column = 0;
    for (; column + 4 <= width; column += 4, to += 4) {
      let at = start + plane * width + column;
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      for (let k = fromShare; k < endShare; k++) {
        const share = shares[k]!;
        a += share * lines[at]!;
        b += share * lines[at + 1]!;
        c += share * lines[at + 2]!;
        d += share * lines[at + 3]!;
        at += lineLength;
        if (at >= ring) at -= ring;
      }
      into[to] = Math.round(a);
      into[to + 1] = Math.round(b);
      into[to + 2] = Math.round(c);
      into[to + 3] = Math.round(d);
    }
    for (; column < width; column++, to++) {
      let at = start + plane * width + column;
      let sum = 0;
      for (let k = fromShare; k < endShare; k++) {
        sum += shares[k]! * lines[at]!;
        at += lineLength;
        if (at >= ring) at -= ring;
      }
      into[to] = Math.round(sum);
    }
  }
}

function tapsOf(length: number, target: number): Taps {
  const scale = length / target;
  const reach = Math.max(1, scale);
  const spans = Array.from({ length: target }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const from = Math.max(0, Math.ceil(centre - reach - 0.5));
    const to = Math.min(length, Math.floor(centre + reach - 0.5) + 1);
    return { centre, from, to };
  });
  const count = Math.max(...spans.map(({ from, to }) => to - from));
  const first = new Int32Array(target);
  const shares = new Float64Array(target * count);
  for (const [i, { centre, from, to }] of spans.entries()) {
    // those that fill up must lie inside, too
    const start = Math.min(from, length - count);
    first[i] = start;
    const at = i * count + from - start;
    let sum = 0;
    for (let k = 0; k < to - from; k++) {
      shares[at + k] = Math.max(0, 1 - Math.abs(from + k + 0.5 - centre) / reach);
      sum += shares[at + k]!;
    }
    for (let k = 0; k < to - from; k++) shares[at + k]! /= sum;
  }
  return { count, first, shares };
}
