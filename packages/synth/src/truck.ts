import { type Rgb, scaled } from "./colour.ts";
import { addBox, addFace, addFrustum, addSideDecal, type Mesh } from "./mesh.ts";
import type { Random } from "./random.ts";
import {
  addEndDecal,
  addLamps,
  addWheel,
  DARK_TRIM,
  GLASS,
  paint,
  type VehicleShape,
} from "./vehicle.ts";

const LIVERY: readonly Rgb[] = [
  [0.94, 0.94, 0.94],
  [0.93, 0.91, 0.84],
  [0.78, 0.8, 0.82],
  [0.15, 0.3, 0.6],
  [0.75, 0.14, 0.12],
  [0.16, 0.42, 0.26],
  [0.92, 0.7, 0.15],
];

/** Builds a truck: a cab, and behind it a box body, a tilt (tarpaulin) or an open tipper. */
export function createTruck(random: Random): VehicleShape {
  const length = random.range(6.8, 9.4);
  const width = 2.4;
  const half = width / 2;
  const front = length / 2;
  const cabLength = random.range(1.7, 2.1);
  const cabHeight = random.range(2.5, 2.9);
  const bodyEnd = front - cabLength - 0.25;
  const kind = random.pick(["box", "box", "tilt", "tipper"] as const);
  const height = kind === "tipper" ? 2.6 : random.range(3.1, 3.6);
  const faces: Mesh = [];

  addBox(faces, -0.5, 0.5, -front + 0.1, front - 0.4, 0.5, 0.85, DARK_TRIM);
  addCab(faces, front, cabLength, cabHeight, half, paint(random));
  const load = { front: bodyEnd, back: -front, half: half + 0.04, top: height };
  if (kind === "tipper") addTipper(faces, load, random.pick(LIVERY));
  else addBoxBody(faces, load, random, kind === "tilt");

  const rim: Rgb = [0.5, 0.5, 0.52];
  addWheel(faces, front - cabLength * 0.62, 0.48, half, rim);
  addWheel(faces, -front + 1.2, 0.48, half, rim);
  if (length > 7.6) addWheel(faces, -front + 2.35, 0.48, half, rim);
  addLamps(faces, -1, -front - 0.02, [half * 0.6, half * 0.95], [0.62, 0.8]);
  return { faces, length, width: width + 0.08, height: Math.max(height, cabHeight) };
}

function addCab(
  faces: Mesh,
  front: number,
  length: number,
  height: number,
  half: number,
  colour: Rgb,
): void {
  const back = front - length;
  const side = { x0: -half, x1: half, y0: back };
  addFrustum(
    faces,
    { ...side, y1: front, z: 0.45 },
    { ...side, y1: front - 0.03, z: 1.45 },
    colour,
  );
  addFrustum(
    faces,
    { ...side, y1: front - 0.03, z: 1.45 },
    { ...side, x0: -half * 0.94, x1: half * 0.94, y1: front - 0.28, z: height },
    colour,
  );
  const windscreen = (z0: number, z1: number, albedo: Rgb): void => {
    const y = (z: number): number => front - 0.015 - (0.25 * (z - 1.45)) / (height - 1.45);
    const x = half * 0.88;
    addFace(
      faces,
      [
        [x, y(z0), z0],
        [-x, y(z0), z0],
        [-x, y(z1), z1],
        [x, y(z1), z1],
      ],
      albedo,
    );
  };
  const sill = 1.52;
  const lintel = height - 0.3;
  windscreen(sill, sill + (lintel - sill) * 0.6, GLASS);
  windscreen(sill + (lintel - sill) * 0.6, lintel, [0.26, 0.33, 0.4]);
  addSideDecal(
    faces,
    [
      [back + length * 0.38, 1.55],
      [front - 0.16, 1.55],
      [front - 0.34, height - 0.4],
      [back + length * 0.38, height - 0.4],
    ],
    half + 0.01,
    GLASS,
    0.05,
  );
  addSideDecal(
    faces,
    [
      [back + length * 0.34, 0.7],
      [back + length * 0.34 + 0.03, 0.7],
      [back + length * 0.34 + 0.03, 1.5],
      [back + length * 0.34, 1.5],
    ],
    half + 0.008,
    scaled(colour, 0.5),
  );
  addEndDecal(faces, 1, front + 0.01, [-half * 0.6, half * 0.6], [0.85, 1.35], [0.13, 0.13, 0.14]);
  addEndDecal(faces, 1, front + 0.015, [-half, half], [0.45, 0.7], [0.2, 0.2, 0.21]);
  addLamps(faces, 1, front + 0.03, [half * 0.62, half * 0.94], [0.52, 0.72]);
}

interface LoadSpace {
  readonly front: number;
  readonly back: number;
  readonly half: number;
  readonly top: number;
}

function addBoxBody(faces: Mesh, load: LoadSpace, random: Random, tilt: boolean): void {
  const { front, back, half, top } = load;
  const colour = tilt ? scaled(random.pick(LIVERY), 0.85) : random.pick(LIVERY);
  const stripe = random.pick(LIVERY);
  addBox(faces, -half, half, back, front, 0.95, top, colour);
  const panel = (y0: number, y1: number, z0: number, z1: number, albedo: Rgb): void =>
    addSideDecal(
      faces,
      [
        [y0, z0],
        [y1, z0],
        [y1, z1],
        [y0, z1],
      ],
      half + 0.012,
      albedo,
    );
  panel(back, front, 0.95, 1.07, DARK_TRIM);
  if (tilt) {
    // The hoops show through the tarpaulin.
    for (let y = back + 0.5; y < front - 0.2; y += 0.9)
      panel(y, y + 0.06, 1.1, top, scaled(colour, 0.8));
  } else if (random.chance(0.7)) {
    const z = random.range(1.5, 2.1);
    panel(back + 0.2, front - 0.2, z, z + random.range(0.25, 0.6), stripe);
    panel(back + 0.8, back + 2.2, z + 0.7, z + 1, stripe);
  }
  addEndDecal(
    faces,
    -1,
    back - 0.01,
    [-half * 0.95, -0.03],
    [1.1, top - 0.08],
    scaled(colour, 0.92),
  );
  addEndDecal(faces, -1, back - 0.01, [0.03, half * 0.95], [1.1, top - 0.08], scaled(colour, 0.92));
  addEndDecal(faces, -1, back - 0.015, [-0.025, 0.025], [1.1, top - 0.08], DARK_TRIM);
}

function addTipper(faces: Mesh, load: LoadSpace, colour: Rgb): void {
  const { front, back, half } = load;
  const rim = 1.95;
  const foot = { x0: -half + 0.08, x1: half - 0.08, y0: back + 0.1, y1: front, z: 0.9 };
  addFrustum(faces, foot, { x0: -half, x1: half, y0: back, y1: front, z: rim }, colour);
  addBox(faces, -half, half, front - 0.08, front, rim, 2.35, colour);
  const earth: Rgb = [0.4, 0.31, 0.22];
  const heap = { x0: -half + 0.15, x1: half - 0.15, y0: back + 0.2, y1: front - 0.2, z: rim };
  const top = { x0: -0.35, x1: 0.35, y0: back + 1.3, y1: front - 1.2, z: 2.5 };
  addFrustum(faces, heap, top, earth);
  for (let y = back + 0.4; y < front; y += 0.8) {
    addSideDecal(
      faces,
      [
        [y, 1],
        [y + 0.09, 1],
        [y + 0.09, rim],
        [y, rim],
      ],
      half + 0.01,
      scaled(colour, 0.7),
    );
  }
}
