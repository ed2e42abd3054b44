import { type Rgb, scaled } from "./colour.ts";
import type { Random } from "./random.ts";

/** How somebody looks. */
export interface PersonLook {
  /** Metres. */
  readonly height: number;
  readonly build: number;
  readonly skin: Rgb;
  readonly hair: Rgb;
  readonly longHair: boolean;
  readonly top: Rgb;
  readonly longSleeves: boolean;
  readonly legs: Rgb;
  readonly skirt: boolean;
  readonly shoes: Rgb;
  readonly backpack: Rgb | undefined;
}

const skins: readonly Rgb[] = [
  [0.96, 0.8, 0.69],
  [0.87, 0.68, 0.54],
  [0.72, 0.52, 0.38],
  [0.5, 0.34, 0.24],
  [0.36, 0.24, 0.17],
];
const hairs: readonly Rgb[] = [
  [0.08, 0.06, 0.05],
  [0.22, 0.14, 0.08],
  [0.42, 0.28, 0.14],
  [0.75, 0.6, 0.32],
  [0.6, 0.6, 0.6],
  [0.45, 0.18, 0.1],
];
const tops: readonly Rgb[] = [
  [0.92, 0.92, 0.9],
  [0.12, 0.12, 0.14],
  [0.75, 0.13, 0.13],
  [0.13, 0.3, 0.62],
  [0.95, 0.75, 0.2],
  [0.2, 0.48, 0.3],
  [0.55, 0.3, 0.55],
  [0.9, 0.48, 0.2],
  [0.45, 0.47, 0.5],
  [0.55, 0.72, 0.85],
  [0.36, 0.27, 0.2],
  [0.92, 0.62, 0.68],
];
const trousers: readonly Rgb[] = [
  [0.13, 0.14, 0.18],
  [0.17, 0.24, 0.4],
  [0.3, 0.4, 0.58],
  [0.35, 0.35, 0.36],
  [0.6, 0.54, 0.42],
  [0.24, 0.2, 0.17],
  [0.7, 0.7, 0.68],
];

export function createLook(random: Random): PersonLook {
  return {
    height: random.range(1.58, 1.92),
    build: random.range(0.9, 1.2),
    skin: random.pick(skins),
    hair: random.pick(hairs),
    longHair: random.chance(0.35),
    top: scaled(random.pick(tops), random.range(0.85, 1.08)),
    longSleeves: random.chance(0.6),
    legs: scaled(random.pick(trousers), random.range(0.85, 1.1)),
    skirt: random.chance(0.14),
    shoes: random.pick([
      [0.1, 0.09, 0.09],
      [0.85, 0.85, 0.85],
      [0.35, 0.22, 0.14],
    ] as const),
    backpack: random.chance(0.25) ? random.pick(tops) : undefined,
  };
}
