import type { Brush } from "./brush.ts";
import { type Camera, project } from "./camera.ts";
import { createScreenPolygon, type ScreenPolygon } from "./polygon.ts";

// Shadows fall on the ground, a little above it so that it does not hide them.
const LIFT = 0.015;
const LAYERS = 4;

type GroundPoint = readonly [number, number];

/** Darkens the ground softly under and behind what moves. */
export interface ShadowPainter {
  /**
   * The shadow of an upright box.
   *
   * @param strength 0 to 1: how much of the light is the sun's
   */
  castBox(
    x: number,
    y: number,
    halfX: number,
    halfY: number,
    height: number,
    strength: number,
  ): void;
}

export function createShadowPainter(
  camera: Camera,
  towardsSun: readonly [number, number, number],
  brush: Brush,
): ShadowPainter {
  const polygon = createScreenPolygon();
  const driftX = -towardsSun[0] / towardsSun[2];
  const driftY = -towardsSun[1] / towardsSun[2];

  /** Nested outlines, each a step darker: the edge becomes soft. */
  const soften = (outline: readonly GroundPoint[], spread: number, darkness: number): void => {
    let cx = 0;
    let cy = 0;
    for (const [x, y] of outline) {
      cx += x / outline.length;
      cy += y / outline.length;
    }
    const factor = 1 - darkness / LAYERS;
    for (let layer = 0; layer < LAYERS; layer++) {
      const grow = spread * (1 - layer / (LAYERS - 1)) - spread / 3;
      toScreen(camera, polygon, outline, cx, cy, grow);
      brush.darken(polygon, factor);
    }
  };

  return {
    castBox(x, y, halfX, halfY, height, strength) {
      const foot: GroundPoint[] = [
        [x - halfX, y - halfY],
        [x + halfX, y - halfY],
        [x + halfX, y + halfY],
        [x - halfX, y + halfY],
      ];
      // Under everything it is dark, with or without sun.
      soften(foot, Math.min(halfX, 0.5), 0.5);
      if (strength < 0.08) return;
      const thrown = foot.map(([px, py]): GroundPoint => [
        px + driftX * height,
        py + driftY * height,
      ]);
      soften(convexHull([...foot, ...thrown]), 0.3, 0.75 * strength);
    },
  };
}

function toScreen(
  camera: Camera,
  polygon: ScreenPolygon,
  outline: readonly GroundPoint[],
  cx: number,
  cy: number,
  grow: number,
): void {
  outline.forEach(([x, y], i) => {
    const dx = x - cx;
    const dy = y - cy;
    const length = Math.sqrt(dx * dx + dy * dy) || 1;
    const px = x + (dx / length) * grow;
    const py = y + (dy / length) * grow;
    project(camera, px, py, LIFT, polygon.vertices, 3 * i);
  });
  polygon.count = outline.length;
}

/** The convex hull, counter-clockwise (Andrew's monotone chain). */
export function convexHull(points: readonly GroundPoint[]): GroundPoint[] {
  const sorted = points.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
  const chain = (ordered: readonly GroundPoint[]): GroundPoint[] => {
    const hull: GroundPoint[] = [];
    for (const p of ordered) {
      while (hull.length > 1 && turn(hull[hull.length - 2]!, hull[hull.length - 1]!, p) <= 0) {
        hull.pop();
      }
      hull.push(p);
    }
    hull.pop();
    return hull;
  };
  return [...chain(sorted), ...chain(sorted.toReversed())];
}

function turn(a: GroundPoint, b: GroundPoint, c: GroundPoint): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}
