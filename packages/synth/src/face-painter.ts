import type { Brush } from "./brush.ts";
import { type Camera, project } from "./camera.ts";
import { packColour } from "./colour.ts";
import { type Lighting, shade } from "./lighting.ts";
import type { Face } from "./mesh.ts";
import { createScreenPolygon } from "./polygon.ts";

/** Draws a face of a mesh that stands at (x, y), facing +y (1) or -y (-1). */
export type FacePainter = (
  face: Face,
  x: number,
  y: number,
  direction: 1 | -1,
  sunlight: number,
) => void;

export function createFacePainter(camera: Camera, light: Lighting, brush: Brush): FacePainter {
  const polygon = createScreenPolygon();
  return (face, x, y, direction, sunlight) => {
    const { points, normal } = face;
    const nx = normal[0] * direction;
    const ny = normal[1] * direction;
    const nz = normal[2];
    const first = points[0]!;
    const toX = x + first[0] * direction - camera.x;
    const toY = y + first[1] * direction - camera.y;
    const toZ = first[2] - camera.z;
    if (toX * nx + toY * ny + toZ * nz >= 0) return;
    for (let i = 0; i < points.length; i++) {
      const p = points[i]!;
      project(camera, x + p[0] * direction, y + p[1] * direction, p[2], polygon.vertices, 3 * i);
    }
    polygon.count = points.length;
    const depth = polygon.vertices[2]!;
    const lit = face.glow * light.darkness;
    if (lit > 0.2) {
      const { albedo } = face;
      const level = 0.5 + 0.6 * lit;
      brush.paint(polygon, packColour(albedo[0] * level, albedo[1] * level, albedo[2] * level));
      return;
    }
    brush.paint(polygon, shade(light, face.albedo, nx, ny, nz, sunlight, depth));
  };
}
