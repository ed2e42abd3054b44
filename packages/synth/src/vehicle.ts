import type { Random } from "./random.ts";
import type { Rgb } from "./colour.ts";
import { addFace, addSideDecal, disc, type Mesh } from "./mesh.ts";

/** A vehicle's shape, facing +y, its middle over the origin. Metres. */
export interface VehicleShape {
  readonly faces: Mesh;
  readonly length: number;
  readonly width: number;
  readonly height: number;
}

export const GLASS: Rgb = [0.13, 0.17, 0.22];
export const RUBBER: Rgb = [0.07, 0.07, 0.075];
export const DARK_TRIM: Rgb = [0.12, 0.12, 0.13];
export const CHROME: Rgb = [0.72, 0.73, 0.75];

const commonPaint: readonly Rgb[] = [
  [0.92, 0.92, 0.92],
  [0.8, 0.81, 0.83],
  [0.55, 0.57, 0.6],
  [0.3, 0.31, 0.34],
  [0.13, 0.13, 0.15],
  [0.68, 0.1, 0.1],
  [0.8, 0.16, 0.12],
  [0.12, 0.25, 0.58],
  [0.2, 0.42, 0.72],
  [0.1, 0.33, 0.24],
  [0.86, 0.62, 0.12],
  [0.75, 0.72, 0.62],
  [0.35, 0.2, 0.13],
  [0.5, 0.68, 0.72],
];

/** A likely body colour, each a little different. */
export function paint(random: Random): Rgb {
  const base = random.pick(commonPaint);
  const channel = (value: number): number => value * random.range(0.88, 1.08);
  return [channel(base[0]), channel(base[1]), channel(base[2])];
}

/** Adds a wheel on both sides: arch, tyre, rim and hub. */
export function addWheel(mesh: Mesh, y: number, radius: number, x: number, rim: Rgb): void {
  const arch = disc(y, radius * 1.05, radius * 1.2, 14).filter(([, z]) => z > radius * 0.5);
  addSideDecal(mesh, arch, x + 0.005, DARK_TRIM);
  addSideDecal(mesh, disc(y, radius, radius, 12), x + 0.02, RUBBER);
  addSideDecal(mesh, disc(y, radius, radius * 0.6, 10), x + 0.035, rim);
  addSideDecal(mesh, disc(y, radius, radius * 0.22, 6), x + 0.05, DARK_TRIM);
}

/** Adds a rectangle that looks forwards (+y) or backwards (-y). */
export function addEndDecal(
  mesh: Mesh,
  end: 1 | -1,
  y: number,
  [x0, x1]: readonly [number, number],
  [z0, z1]: readonly [number, number],
  albedo: Rgb,
  glow = 0,
): void {
  const [a, b] = end > 0 ? [x1, x0] : [x0, x1];
  addFace(
    mesh,
    [
      [a, y, z0],
      [b, y, z0],
      [b, y, z1],
      [a, y, z1],
    ],
    albedo,
    glow,
  );
}

/** Adds a pair of lamps at one end, mirrored about the middle. */
export function addLamps(
  mesh: Mesh,
  end: 1 | -1,
  y: number,
  [x0, x1]: readonly [number, number],
  z: readonly [number, number],
): void {
  const albedo: Rgb = end > 0 ? [1, 0.97, 0.88] : [0.85, 0.08, 0.07];
  const glow = end > 0 ? 1 : 0.8;
  addEndDecal(mesh, end, y, [x0, x1], z, albedo, glow);
  addEndDecal(mesh, end, y, [-x1, -x0], z, albedo, glow);
}
