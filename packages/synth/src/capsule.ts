import type { ScreenPolygon } from "./polygon.ts";
import { cosine, PI, sine } from "./trigonometry.ts";

/** Unit vectors over a half circle, from the one side of a limb around its end to the other. */
const CAP: readonly (readonly [number, number])[] = [-90, -45, 0, 45, 90].map((degrees) => [
  cosine((degrees * PI) / 180),
  sine((degrees * PI) / 180),
]);

/** The outline of two discs and all between them, flat at one depth. */
export function capsule(
  polygon: ScreenPolygon,
  ax: number,
  ay: number,
  ar: number,
  bx: number,
  by: number,
  br: number,
  depth: number,
): void {
  const dx = bx - ax;
  const dy = by - ay;
  const length = Math.sqrt(dx * dx + dy * dy);
  const ux = length > 1e-6 ? dx / length : 1;
  const uy = length > 1e-6 ? dy / length : 0;
  const { vertices } = polygon;
  let k = 0;
  for (const [c, s] of CAP) {
    vertices[k++] = bx + br * (ux * c - uy * s);
    vertices[k++] = by + br * (uy * c + ux * s);
    vertices[k++] = depth;
  }
  for (const [c, s] of CAP) {
    vertices[k++] = ax - ar * (ux * c - uy * s);
    vertices[k++] = ay - ar * (uy * c + ux * s);
    vertices[k++] = depth;
  }
  polygon.count = k / 3;
}
