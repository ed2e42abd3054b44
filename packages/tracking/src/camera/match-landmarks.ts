import { DESCRIPTION_WORDS, type Landmarks } from "@framequeue/vision";

/** Indices into the landmarks of the picture before and of this one. */
export type LandmarkPair = readonly [before: number, after: number];

/** Most bits of 128 in which two sights of one landmark may differ. */
const MAX_BITS = 28;
/** How far a landmark may have moved, as a share of the picture's width and height. */
const REACH = 0.2;
const STEPS = 65_536;

/**
 * Landmarks of two pictures that are each other's most similar, within reach; among equals the first. In order of the
 * later picture's.
 */
export function matchLandmarks(before: Landmarks, after: Landmarks): LandmarkPair[] {
  const [former, current] = [before.positions, after.positions];
  const reach = REACH * STEPS;
  const nearest = new Int32Array(current.length / 2).fill(-1);
  const nearestBits = new Int32Array(current.length / 2).fill(MAX_BITS + 1);
  const back = new Int32Array(former.length / 2).fill(-1);
  const backBits = new Int32Array(former.length / 2).fill(MAX_BITS + 1);
  for (let i = 0; i < nearest.length; i++) {
    for (let k = 0; k < back.length; k++) {
      if (Math.abs(current[2 * i]! - former[2 * k]!) > reach) continue;
      if (Math.abs(current[2 * i + 1]! - former[2 * k + 1]!) > reach) continue;
      const bits = differentBits(after.descriptions, i, before.descriptions, k);
      if (bits < nearestBits[i]!) {
        nearestBits[i] = bits;
        nearest[i] = k;
      }
      if (bits < backBits[k]!) {
        backBits[k] = bits;
        back[k] = i;
      }
    }
  }
  const pairs: LandmarkPair[] = [];
  for (const [i, k] of nearest.entries()) if (k >= 0 && back[k] === i) pairs.push([k, i]);
  return pairs;
}

function differentBits(a: Uint32Array, i: number, b: Uint32Array, k: number): number {
  let bits = 0;
  for (let word = 0; word < DESCRIPTION_WORDS; word++) {
    let value = a[i * DESCRIPTION_WORDS + word]! ^ b[k * DESCRIPTION_WORDS + word]!;
    // sums of neighbouring bits, then of pairs, then of fours
    value -= (value >>> 1) & 0x55555555;
    value = (value & 0x33333333) + ((value >>> 2) & 0x33333333);
    value = (value + (value >>> 4)) & 0x0f0f0f0f;
    bits += Math.imul(value, 0x01010101) >>> 24;
  }
  return bits;
}
