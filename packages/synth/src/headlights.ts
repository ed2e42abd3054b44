import type { Brush } from "./brush.ts";
import { type Camera, project } from "./camera.ts";
import { createScreenPolygon } from "./polygon.ts";
import { cosine, PI, sine } from "./trigonometry.ts";
import type { VehicleShape } from "./vehicle.ts";

const CORNERS = 12;
const LAYERS = 4;

/** The light that lamps throw at night. */
export interface HeadlightPainter {
  /** The pool on the road ahead; before anything that moves is drawn. */
  pool(shape: VehicleShape, x: number, y: number, direction: 1 | -1): void;
  /** The glare of the lamps that face the camera; after everything is drawn. */
  glare(shape: VehicleShape, x: number, y: number, direction: 1 | -1): void;
}

/** @param darkness 0 to 1; below 0.35 nobody has the lights on */
export function createHeadlightPainter(
  camera: Camera,
  darkness: number,
  brush: Brush,
): HeadlightPainter | undefined {
  if (darkness < 0.35) return undefined;
  const polygon = createScreenPolygon();
  const point = new Float64Array(3);
  const strength = (darkness - 0.2) * 14;

  return {
    pool(shape, x, y, direction) {
      const front = y + direction * (shape.length / 2 + 4.2);
      for (let layer = 1; layer <= LAYERS; layer++) {
        const share = layer / LAYERS;
        for (let i = 0; i < CORNERS; i++) {
          const a = (i * 2 * PI) / CORNERS;
          const px = x + 1.7 * share * cosine(a);
          const py = front + 3.8 * share * sine(a);
          project(camera, px, py, 0.012, polygon.vertices, 3 * i);
        }
        polygon.count = CORNERS;
        brush.lighten(polygon, strength, strength * 0.94, strength * 0.75);
      }
    },
    glare(shape, x, y, direction) {
      for (const end of [1, -1] as const) {
        const lampY = y + direction * end * (shape.length / 2 + 0.1);
        if ((camera.y - lampY) * direction * end <= 0) continue;
        for (const side of [-1, 1]) {
          project(camera, x + side * shape.width * 0.37, lampY, 0.62, point, 0);
          const reach = end > 0 ? 0.5 : 0.26;
          for (let layer = 1; layer <= LAYERS; layer++) {
            const radius = ((reach * layer * layer) / LAYERS / LAYERS) * (camera.focal / point[2]!);
            for (let i = 0; i < CORNERS; i++) {
              const a = (i * 2 * PI) / CORNERS;
              polygon.vertices[3 * i] = point[0]! + radius * cosine(a);
              polygon.vertices[3 * i + 1] = point[1]! + radius * sine(a);
              polygon.vertices[3 * i + 2] = point[2]! - 0.3;
            }
            polygon.count = CORNERS;
            const level = strength * 2.2;
            if (end > 0) brush.lighten(polygon, level, level * 0.95, level * 0.8);
            else brush.lighten(polygon, level * 0.8, level * 0.1, level * 0.08);
          }
        }
      }
    },
  };
}
