import type { Luma } from "./luma.ts";

/** Whole pixels. */
export interface Corner {
  readonly x: number;
  readonly y: number;
}

/** The circle of 16 pixels around a corner, clockwise from above: x and y. */
const CIRCLE: readonly (readonly [number, number])[] = [
  ...([
    [0, -3],
    [1, -3],
    [2, -2],
    [3, -1],
  ] as const),
  ...([
    [3, 0],
    [3, 1],
    [2, 2],
    [1, 3],
  ] as const),
  ...([
    [0, 3],
    [-1, 3],
    [-2, 2],
    [-3, 1],
  ] as const),
  ...([
    [-3, 0],
    [-3, -1],
    [-2, -2],
    [-1, -3],
  ] as const),
];
/** By how many levels a pixel of the circle must differ from the middle. */
const THRESHOLD = 10;

/**
 * Corners by FAST (Rosten and Drummond, "Machine learning for high-speed corner detection", 2006): pixels around which at
 * least 9 of the 16 pixels of a circle in a row are all brighter, or all darker. Of each cell of a grid the best few, so
 * that they are spread over the picture, by cells row by row.
 *
 * @param margin how far from the border a corner must be, at least 4
 * @param cell side of a cell, pixels
 * @param perCell most corners of a cell
 */
export function findCorners(luma: Luma, margin: number, cell: number, perCell: number): Corner[] {
  const { width, height } = luma;
  const scores = cornerScores(luma, margin);
  const across = Math.ceil(width / cell);
  const cells: { readonly at: number; readonly score: number }[][] = Array.from(
    { length: across * Math.ceil(height / cell) },
    () => [],
  );
  for (let y = margin; y < height - margin; y++) {
    for (let x = margin, at = y * width + margin; x < width - margin; x++, at++) {
      const score = scores[at]!;
      if (score === 0 || !isPeak(scores, at, width)) continue;
      cells[Math.floor(y / cell) * across + Math.floor(x / cell)]!.push({ at, score });
    }
  }
  return cells.flatMap((found) =>
    found
      .sort((a, b) => b.score - a.score || a.at - b.at)
      .slice(0, perCell)
      .map(({ at }) => ({ x: at % width, y: Math.floor(at / width) })),
  );
}

/** For each pixel, by how much the circle differs from it beyond the threshold, on the side of its arc; 0 for no corner. */
function cornerScores({ data, width, height }: Luma, margin: number): Uint16Array {
  const scores = new Uint16Array(width * height);
  const ring = Int32Array.from(CIRCLE, ([x, y]) => y * width + x);
  const north = ring[0]!;
  const east = ring[4]!;
  for (let y = margin; y < height - margin; y++) {
    for (let at = y * width + margin, end = (y + 1) * width - margin; at < end; at++) {
      const bright = data[at]! + THRESHOLD;
      const dark = data[at]! - THRESHOLD;
      // an arc of 9 holds one of two opposite pixels at least, whichever two
      const n = data[at + north]!;
      const s = data[at - north]!;
      if (n >= dark && n <= bright && s >= dark && s <= bright) continue;
      const e = data[at + east]!;
      const w = data[at - east]!;
      if (e >= dark && e <= bright && w >= dark && w <= bright) continue;
      let brightBits = 0;
      let darkBits = 0;
      let brightSum = 0;
      let darkSum = 0;
      for (let i = 0; i < 16; i++) {
        const value = data[at + ring[i]!]!;
        if (value > bright) {
          brightBits |= 1 << i;
          brightSum += value - bright;
        } else if (value < dark) {
          darkBits |= 1 << i;
          darkSum += dark - value;
        }
      }
      if (hasArc(brightBits)) scores[at] = brightSum;
      else if (hasArc(darkBits)) scores[at] = darkSum;
    }
  }
  return scores;
}

/** Whether 9 of 16 bits in a circle are set in a row. */
function hasArc(bits: number): boolean {
  const twice = bits | (bits << 16);
  const two = twice & (twice >>> 1);
  const four = two & (two >>> 2);
  const eight = four & (four >>> 4);
  return (eight & (twice >>> 8) & 0xffff) !== 0;
}

/** No neighbour is better; of equal ones the first counts. */
function isPeak(scores: Uint16Array, at: number, width: number): boolean {
  const score = scores[at]!;
  return (
    score > scores[at - width - 1]! &&
    score > scores[at - width]! &&
    score > scores[at - width + 1]! &&
    score > scores[at - 1]! &&
    score >= scores[at + 1]! &&
    score >= scores[at + width - 1]! &&
    score >= scores[at + width]! &&
    score >= scores[at + width + 1]!
  );
}
