import type { Rgb } from "./colour.ts";
import { cosine, PI, sine } from "./trigonometry.ts";

export type Point = readonly [number, number, number];

/** A flat convex polygon, counter-clockwise when seen from outside. Metres. */
export interface Face {
  readonly points: readonly Point[];
  readonly normal: Point;
  readonly albedo: Rgb;
  /** A lamp: lit by itself as the scene darkens, from 0 (never) to 1 (always). */
  readonly glow: number;
}

export type Mesh = Face[];

/** Adds a face; its normal follows from the order of its points. */
export function addFace(mesh: Mesh, points: readonly Point[], albedo: Rgb, glow = 0): void {
  const [a, b, c] = points;
  if (!a || !b || !c) throw new RangeError("a face has at least three points");
  const ux = b[0] - a[0];
  const uy = b[1] - a[1];
  const uz = b[2] - a[2];
  const vx = c[0] - a[0];
  const vy = c[1] - a[1];
  const vz = c[2] - a[2];
  const x = uy * vz - uz * vy;
  const y = uz * vx - ux * vz;
  const z = ux * vy - uy * vx;
  const length = Math.sqrt(x * x + y * y + z * z) || 1;
  mesh.push({ points, normal: [x / length, y / length, z / length], albedo, glow });
}

/** One horizontal rectangle of a frustum. */
export interface Section {
  readonly z: number;
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
}

/** Adds the closed solid between a lower and an upper rectangle (a box, if they are equal). */
export function addFrustum(mesh: Mesh, low: Section, high: Section, albedo: Rgb): void {
  const ring = (s: Section): [Point, Point, Point, Point] => [
    [s.x0, s.y0, s.z],
    [s.x1, s.y0, s.z],
    [s.x1, s.y1, s.z],
    [s.x0, s.y1, s.z],
  ];
  const [a, b, c, d] = ring(low);
  const [e, f, g, h] = ring(high);
  addFace(mesh, [a, b, f, e], albedo);
  addFace(mesh, [b, c, g, f], albedo);
  addFace(mesh, [c, d, h, g], albedo);
  addFace(mesh, [d, a, e, h], albedo);
  addFace(mesh, [e, f, g, h], albedo);
  addFace(mesh, [d, c, b, a], albedo);
}

export function addBox(
  mesh: Mesh,
  x0: number,
  x1: number,
  y0: number,
  y1: number,
  z0: number,
  z1: number,
  albedo: Rgb,
): void {
  const section = { x0, x1, y0, y1 };
  addFrustum(mesh, { ...section, z: z0 }, { ...section, z: z1 }, albedo);
}

/**
 * Adds a convex profile in the y-z plane, drawn out across x from -half to +half.
 * The profile runs counter-clockwise as seen from +x (y to the right, z up).
 */
export function addExtrusion(
  mesh: Mesh,
  profile: readonly (readonly [number, number])[],
  half: number,
  albedo: Rgb,
): void {
  addFace(
    mesh,
    profile.map(([y, z]): Point => [half, y, z]),
    albedo,
  );
  addFace(mesh, profile.map(([y, z]): Point => [-half, y, z]).toReversed(), albedo);
  profile.forEach(([y, z], i) => {
    const [nextY, nextZ] = profile[(i + 1) % profile.length]!;
    addFace(
      mesh,
      [
        [half, y, z],
        [-half, y, z],
        [-half, nextY, nextZ],
        [half, nextY, nextZ],
      ],
      albedo,
    );
  });
}

/** Adds the same polygon on both sides of a vehicle, at x and -x; given as seen from +x. */
export function addSideDecal(
  mesh: Mesh,
  outline: readonly (readonly [number, number])[],
  x: number,
  albedo: Rgb,
  /** How far the upper edge leans inwards, in metres per metre of height over the lowest point. */
  lean = 0,
): void {
  const lowest = outline.reduce((low, [, z]) => Math.min(low, z), Infinity);
  const right = outline.map(([y, z]): Point => [x - lean * (z - lowest), y, z]);
  addFace(mesh, right, albedo);
  addFace(mesh, right.map(([px, y, z]): Point => [-px, y, z]).toReversed(), albedo);
}

/** Corners of a regular polygon in the y-z plane, counter-clockwise as seen from +x. */
export function disc(
  y: number,
  z: number,
  radius: number,
  corners: number,
): (readonly [number, number])[] {
  return Array.from({ length: corners }, (_, i) => {
    const angle = ((i + 0.5) * 2 * PI) / corners;
    return [y + radius * cosine(angle), z + radius * sine(angle)] as const;
  });
}
