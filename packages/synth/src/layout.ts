import type { Rgb } from "./colour.ts";
import type { CameraPose } from "./camera.ts";
import type { DifficultyParameters } from "./difficulty.ts";
import type { Random } from "./random.ts";
import { PAVEMENT_INNER, PAVEMENT_OUTER } from "./road.ts";
import { cosine, radians, sine } from "./trigonometry.ts";

export interface Tree {
  readonly x: number;
  readonly y: number;
  readonly height: number;
  readonly crown: number;
  readonly leaf: Rgb;
  readonly seed: number;
}

export interface Building {
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
  readonly height: number;
  readonly wall: Rgb;
  readonly roof: Rgb;
  readonly seed: number;
}

/** A footbridge over the road, from y0 to y1. */
export interface Footbridge {
  readonly y0: number;
  readonly y1: number;
  readonly underside: number;
  readonly colour: Rgb;
}

/** A fence of boards along a kerb, from y0 to y1. */
export interface Hoarding {
  readonly x: number;
  readonly y0: number;
  readonly y1: number;
  readonly height: number;
  readonly colour: Rgb;
}

/** Everything that stands still. */
export interface Layout {
  readonly pose: CameraPose;
  /** Focal length as a share of the picture's width. */
  readonly focal: number;
  readonly crossingY: number;
  readonly trees: readonly Tree[];
  readonly buildings: readonly Building[];
  readonly lampPosts: readonly { readonly x: number; readonly y: number }[];
  readonly footbridge: Footbridge | undefined;
  readonly hoardings: readonly Hoarding[];
  readonly towardsSun: readonly [number, number, number];
  readonly overcast: number;
  readonly warmth: number;
  readonly textureSeed: number;
}

const WALLS: readonly Rgb[] = [
  [0.72, 0.64, 0.55],
  [0.66, 0.42, 0.34],
  [0.8, 0.77, 0.7],
  [0.55, 0.57, 0.6],
  [0.74, 0.7, 0.52],
  [0.5, 0.38, 0.33],
];
const LEAVES: readonly Rgb[] = [
  [0.24, 0.42, 0.14],
  [0.32, 0.46, 0.16],
  [0.18, 0.36, 0.16],
  [0.44, 0.46, 0.16],
  [0.5, 0.36, 0.14],
];

/** Lays out the street of a seed: where the camera hangs, what stands where, where the sun is. */
export function createLayout(random: Random, difficulty: DifficultyParameters): Layout {
  // The camera hangs over one pavement and looks across the road and along it.
  const side = random.chance(0.5) ? -1 : 1;
  const pose: CameraPose = {
    x: side * random.range(11.5, 14.5),
    y: 0,
    z: random.range(8, 11),
    yaw: -side * radians(random.range(30, 48)),
    pitch: radians(random.range(16, 21)),
  };
  const { occlusion } = difficulty;
  const crossingY = random.range(17, 27);
  const sunAzimuth = radians(random.range(0, 360));
  const sunHeight = radians(random.range(32, 62));
  return {
    pose,
    focal: random.range(0.86, 1) * difficulty.lens,
    crossingY,
    trees: createTrees(random, side, crossingY, occlusion),
    buildings: createBuildings(random),
    lampPosts: createLampPosts(side),
    footbridge: random.chance(occlusion * 0.75) ? createFootbridge(random, crossingY) : undefined,
    towardsSun: [
      cosine(sunAzimuth) * cosine(sunHeight),
      sine(sunAzimuth) * cosine(sunHeight),
      sine(sunHeight),
    ],
    overcast: random.chance(0.3) ? random.range(0.6, 1) : random.range(0, 0.3),
    warmth: random.range(-1, 1),
    textureSeed: random.integer(0, 1 << 30),
    // last, so that a seed's street is the same with and without
    hoardings: createHoardings(random, side, crossingY, difficulty.hoardings),
  };
}

/** Along the far pavement, in view, and clear of the crossing: too high to look over. */
function createHoardings(
  random: Random,
  side: number,
  crossingY: number,
  wanted: number,
): Hoarding[] {
  const hoardings: Hoarding[] = [];
  for (let y = random.range(9, 13); hoardings.length < wanted;) {
    const length = random.range(2, 4.5);
    const reachesCrossing = y < crossingY + 3.5 && y + length > crossingY - 3.5;
    if (reachesCrossing) y = crossingY + 3.5;
    hoardings.push({
      x: -side * (PAVEMENT_INNER + 0.1),
      y0: y,
      y1: y + length,
      height: random.range(3.1, 3.5),
      colour: random.pick(WALLS),
    });
    y += length + random.range(4, 7);
  }
  return hoardings;
}

/** Posts every 22 m, but none right before the camera. */
function createLampPosts(cameraSide: number): { x: number; y: number }[] {
  return [-1, 1].flatMap((side) =>
    Array.from({ length: 6 }, (_, i) => ({
      x: side * (PAVEMENT_INNER + 0.35),
      y: (side === cameraSide ? 33 : 12) + i * 22,
    })),
  );
}

function createFootbridge(random: Random, crossingY: number): Footbridge {
  const y0 = crossingY + random.range(5, 12);
  return {
    y0,
    y1: y0 + random.range(2.4, 3.4),
    underside: random.range(4.9, 5.4),
    colour: random.pick([
      [0.62, 0.62, 0.6],
      [0.35, 0.42, 0.4],
      [0.5, 0.3, 0.25],
    ] as const),
  };
}

function createTrees(random: Random, side: number, crossingY: number, occlusion: number): Tree[] {
  const trees: Tree[] = [];
  const plant = (x: number, y: number, height: number): void => {
    trees.push({
      x,
      y,
      height,
      crown: height * random.range(0.29, 0.38),
      leaf: random.pick(LEAVES),
      seed: random.integer(0, 1 << 30),
    });
  };
  // Between the camera and the road: these hide traffic.
  let wanted = Math.round(occlusion * 2.4 + random.range(-0.4, 0.6));
  for (let y = random.range(13, 18); wanted > 0 && y < 60; y += random.range(9, 16), wanted--) {
    plant(side * (PAVEMENT_OUTER + random.range(-0.2, 1)), y, random.range(4.4, 6.2));
  }
  // Along the far kerb, clear of the crossing, and behind both pavements.
  for (let y = random.range(4, 12); y < 110; y += random.range(10, 18) / (0.4 + occlusion)) {
    if (Math.abs(y - crossingY) > 4.5)
      plant(-side * (PAVEMENT_INNER + 0.7), y, random.range(4.5, 7));
  }
  for (const row of [side, -side]) {
    for (let y = random.range(4, 30); y < 130; y += random.range(7, 20)) {
      if (row === -side || y > 34) plant(row * random.range(14.5, 20), y, random.range(5.5, 10));
    }
  }
  return trees;
}

function createBuildings(random: Random): Building[] {
  const buildings: Building[] = [];
  for (const side of [-1, 1]) {
    for (let y = random.range(-10, 0); y < 170;) {
      const depth = random.range(12, 24);
      const near = 21 + random.range(0, 4);
      const far = near + random.range(10, 14);
      buildings.push({
        x0: side > 0 ? near : -far,
        x1: side > 0 ? far : -near,
        y0: y,
        y1: y + depth,
        height: random.integer(2, 5) * 3.1 + 0.8,
        wall: random.pick(WALLS),
        roof: [0.36, 0.33, 0.33],
        seed: random.integer(0, 1 << 30),
      });
      y += depth + (random.chance(0.4) ? random.range(3, 9) : 0.4);
    }
  }
  // None may stand where the camera hangs.
  return buildings.filter((b) => b.y0 > 30 || b.x0 > 0 || b.x1 < -20);
}
