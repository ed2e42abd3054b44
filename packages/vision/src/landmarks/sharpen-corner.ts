import type { Corner } from "./corners.ts";
import type { Luma } from "./luma.ts";

/** Half the side of the window that is looked at. */
const RADIUS = 3;
/** A corner further off than this was not the one that was meant. */
const MAX_SHIFT = 1.5;

/**
 * Where a corner is, to a part of a pixel: the point that the edges around it run to, in the least-squares sense (Förstner
 * and Gülch, 1987). The corner itself where they run to none nearby.
 *
 * @param corner at least 4 pixels from the border
 */
export function sharpenCorner({ data, width }: Luma, { x, y }: Corner): Corner {
  let [xx, xy, yy, bx, by] = [0, 0, 0, 0, 0];
  for (let dy = -RADIUS; dy <= RADIUS; dy++) {
    for (let dx = -RADIUS; dx <= RADIUS; dx++) {
      const at = (y + dy) * width + x + dx;
      const gx = data[at + 1]! - data[at - 1]!;
      const gy = data[at + width]! - data[at - width]!;
      xx += gx * gx;
      xy += gx * gy;
      yy += gy * gy;
      bx += gx * gx * dx + gx * gy * dy;
      by += gx * gy * dx + gy * gy * dy;
    }
  }
  const determinant = xx * yy - xy * xy;
  if (determinant === 0) return { x, y };
  const dx = (yy * bx - xy * by) / determinant;
  const dy = (xx * by - xy * bx) / determinant;
  if (Math.abs(dx) > MAX_SHIFT || Math.abs(dy) > MAX_SHIFT) return { x, y };
  return { x: x + dx, y: y + dy };
}
