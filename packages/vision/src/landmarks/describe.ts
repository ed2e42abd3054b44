import type { Corner } from "./corners.ts";
import type { Luma } from "./luma.ts";

/** 32-bit words of a description. */
export const DESCRIPTION_WORDS = 4;
/** Furthest place from a corner that is looked at, and half the side of the square whose mean is taken there. */
const REACH = 12;
const BLUR = 2;
/** How far from the border a corner must be. */
export const DESCRIPTION_MARGIN = REACH + BLUR + 1;

/** For each bit two places near a corner: x, y, x, y. Dense in the middle, as BRIEF's are; the same for ever. */
const PLACES = placesOf(32 * DESCRIPTION_WORDS);

/**
 * What corners look like: for each 128 bits, which of two places beside it is the darker one, over 128 pairs of places
 * (BRIEF: Calonder et al., 2010). Differs in few bits where the same is seen again, and in half of them elsewhere.
 *
 * @param corners at least `DESCRIPTION_MARGIN` from the border
 */
export function describeCorners(luma: Luma, corners: readonly Corner[]): Uint32Array {
  const { width } = luma;
  const sums = summedArea(luma);
  const stride = width + 1;
  const offsets = new Int32Array(PLACES.length / 2);
  for (let i = 0; i < offsets.length; i++)
    offsets[i] = PLACES[2 * i + 1]! * stride + PLACES[2 * i]!;
  const side = 2 * BLUR + 1;
  const words = new Uint32Array(corners.length * DESCRIPTION_WORDS);
  for (const [index, { x, y }] of corners.entries()) {
    const corner = (y - BLUR) * stride + x - BLUR;
    const brightness = (offset: number): number => {
      const at = corner + offset;
      const below = at + side * stride;
      return sums[below + side]! - sums[below]! - sums[at + side]! + sums[at]!;
    };
    for (let bit = 0; bit < 32 * DESCRIPTION_WORDS; bit++) {
      if (brightness(offsets[2 * bit]!) >= brightness(offsets[2 * bit + 1]!)) continue;
      words[index * DESCRIPTION_WORDS + (bit >> 5)]! |= 1 << (bit & 31);
    }
  }
  return words;
}

/** At row y and column x the sum of all pixels above and to the left; one row and column more than the picture. */
function summedArea({ data, width, height }: Luma): Int32Array {
  const stride = width + 1;
  const sums = new Int32Array(stride * (height + 1));
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += data[y * width + x]!;
      sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1]! + row;
    }
  }
  return sums;
}

function placesOf(pairs: number): Int8Array {
  let state = 1;
  // the generator of Park and Miller: whole numbers below 2^53
  const next = (): number => (state = (state * 48_271) % 2_147_483_647);
  const third = Math.floor((2 * REACH) / 3);
  const coordinate = (): number => {
    const sum = (next() % (third + 1)) + (next() % (third + 1)) + (next() % (third + 1));
    return sum - Math.floor((3 * third) / 2);
  };
  return Int8Array.from({ length: 4 * pairs }, coordinate);
}
