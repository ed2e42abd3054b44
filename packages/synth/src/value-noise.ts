import { mix } from "./random.ts";

/** Smooth noise on the plane: hashed values at the integer lattice, eased between. Range [0, 1). */
export function valueNoise(x: number, y: number, seed: number): number {
  const column = Math.floor(x);
  const row = Math.floor(y);
  const u = ease(x - column);
  const v = ease(y - row);
  const top = lerp(lattice(column, row, seed), lattice(column + 1, row, seed), u);
  const bottom = lerp(lattice(column, row + 1, seed), lattice(column + 1, row + 1, seed), u);
  return lerp(top, bottom, v);
}

function lattice(column: number, row: number, seed: number): number {
  return mix(Math.imul(column, 73856093) ^ seed, row) / 4294967296;
}

function ease(t: number): number {
  return t * t * (3 - 2 * t);
}

function lerp(a: number, b: number, t: number): number {
  return a + (b - a) * t;
}

/** 0 below `low`, 1 above `high`, eased between. */
export function smoothStep(low: number, high: number, value: number): number {
  const t = (value - low) / (high - low);
  return t <= 0 ? 0 : t >= 1 ? 1 : ease(t);
}
