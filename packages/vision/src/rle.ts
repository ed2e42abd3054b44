import type { BoxXywh } from "./box.ts";

/**
 * A mask as COCO keeps it: lengths of runs of pixels outside and inside in turn, the first outside (and perhaps 0),
 * column by column from the left, each from the top down.
 *
 * Source: cocodataset/cocoapi, `common/maskApi`.
 */
export type Runs = Uint32Array<ArrayBuffer>;

/** Collects the runs of a mask from spans of pixels inside, in rising order. */
export class RunBuilder {
  #counts: number[] = [];
  /** Where the last span ended. */
  #end = 0;

  /** Adds the pixels `from` to, exclusively, `to`, counted column by column. An empty span adds nothing. */
  add(from: number, to: number): void {
    if (to <= from) return;
    if (from < this.#end) throw new RangeError(`the span at ${from} begins before ${this.#end}`);
    if (from === this.#end && this.#counts.length > 0) {
      this.#counts[this.#counts.length - 1]! += to - from;
    } else {
      this.#counts.push(from - this.#end, to - from);
    }
    this.#end = to;
  }

  /** The runs of a mask of so many pixels. The builder is empty then. */
  finish(pixels: number): Runs {
    if (pixels > this.#end || this.#counts.length === 0) this.#counts.push(pixels - this.#end);
    const runs = Uint32Array.from(this.#counts);
    this.#counts = [];
    this.#end = 0;
    return runs;
  }
}

/** @param mask `[height, width]`, row by row; what is not 0 is inside */
export function encodeMask(mask: ArrayLike<number>, width: number, height: number): Runs {
  const builder = new RunBuilder();
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      const from = y;
      while (y < height && mask[y * width + x] !== 0) y++;
      builder.add(x * height + from, x * height + y);
    }
  }
  return builder.finish(width * height);
}

/**
 * `[height, width]`, row by row, 0 or 1.
 *
 * @throws RangeError if the runs are not those of a mask of that size
 */
export function decodeMask(runs: ArrayLike<number>, width: number, height: number): Uint8Array {
  const mask = new Uint8Array(width * height);
  let at = 0;
  for (let i = 0; i < runs.length; i++) {
    const end = at + runs[i]!;
    if (end > mask.length) break;
    if (i % 2 === 1)
      for (; at < end; at++) mask[(at % height) * width + Math.floor(at / height)] = 1;
    at = end;
  }
  const total = Array.from(runs).reduce((sum, run) => sum + run, 0);
  if (total !== mask.length) {
    throw new RangeError(`the runs are those of ${total} pixels, not of ${width}x${height}`);
  }
  return mask;
}

/** Pixels inside. */
export function maskArea(runs: ArrayLike<number>): number {
  let area = 0;
  for (let i = 1; i < runs.length; i += 2) area += runs[i]!;
  return area;
}

/** Pixels inside both of two masks of one size. */
export function maskIntersection(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [i, j] = [0, 0];
  let [endA, endB] = [a[0] ?? 0, b[0] ?? 0];
  let at = 0;
  let common = 0;
  while (i < a.length && j < b.length) {
    const end = Math.min(endA, endB);
    if (i % 2 === 1 && j % 2 === 1) common += end - at;
    at = end;
    if (endA === at && ++i < a.length) endA += a[i]!;
    if (endB === at && ++j < b.length) endB += b[j]!;
  }
  return common;
}

/** Intersection over union of two masks of one size, 0 to 1; 0 for two empty ones. */
export function maskIou(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const common = maskIntersection(a, b);
  const union = maskArea(a) + maskArea(b) - common;
  return union === 0 ? 0 : common / union;
}

/** The smallest box around a mask, in whole pixels; all 0 for an empty one. */
export function maskBox(runs: ArrayLike<number>, height: number): BoxXywh {
  let [left, top, right, bottom] = [Infinity, Infinity, 0, 0];
  let at = runs[0] ?? 0;
  for (let i = 1; i < runs.length; i += 2) {
    const last = at + runs[i]! - 1;
    const [firstColumn, lastColumn] = [Math.floor(at / height), Math.floor(last / height)];
    left = Math.min(left, firstColumn);
    right = Math.max(right, lastColumn + 1);
    // a run over a column's end touches the picture's bottom and top
    top = Math.min(top, lastColumn > firstColumn ? 0 : at % height);
    bottom = Math.max(bottom, lastColumn > firstColumn ? height : (last % height) + 1);
    at = last + 1 + (runs[i + 1] ?? 0);
  }
  return left === Infinity ? [0, 0, 0, 0] : [left, top, right - left, bottom - top];
}

/**
 * Runs as the text in COCO's files: each count, from the third on as its difference from the one two before, in groups
 * of five bits, the least first, each a character from `0` on; the sixth bit says that more follow.
 */
export function runsToText(runs: ArrayLike<number>): string {
  const characters: number[] = [];
  for (let i = 0; i < runs.length; i++) {
    let rest = i > 2 ? runs[i]! - runs[i - 2]! : runs[i]!;
    for (;;) {
      const bits = rest & 0x1f;
      rest >>= 5;
      const isLast = (bits & 0x10) === 0 ? rest === 0 : rest === -1;
      characters.push((isLast ? bits : bits | 0x20) + 48);
      if (isLast) break;
    }
  }
  return Buffer.from(characters).toString("latin1");
}

/** @throws RangeError if the text is cut off */
export function runsFromText(text: string): Runs {
  const counts: number[] = [];
  for (let at = 0; at < text.length;) {
    let value = 0;
    for (let shift = 0; ; shift += 5) {
      if (at === text.length) throw new RangeError("the mask's text is cut off");
      const bits = text.charCodeAt(at++) - 48;
      value |= (bits & 0x1f) << shift;
      if ((bits & 0x20) !== 0) continue;
      if ((bits & 0x10) !== 0) value |= -1 << (shift + 5);
      break;
    }
    counts.push(counts.length > 2 ? value + counts[counts.length - 2]! : value);
  }
  return Uint32Array.from(counts);
}
