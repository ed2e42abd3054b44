import type { Layout } from "./layout.ts";
import { ROAD_HALF } from "./road.ts";
import { smoothStep, valueNoise } from "./value-noise.ts";

/** How much sun reaches the point (x, y) on the ground past what stands still: 0 to 1. */
export function sunlightAt(layout: Layout, x: number, y: number): number {
  const [sunX, sunY, sunZ] = layout.towardsSun;
  let light = 1;
  for (const tree of layout.trees) {
    const height = tree.height - tree.crown;
    const dx = x + (sunX / sunZ) * height - tree.x;
    const dy = y + (sunY / sunZ) * height - tree.y;
    const reach = tree.crown * 1.25;
    const squared = dx * dx + dy * dy;
    if (squared > reach * reach) continue;
    const dapple = 0.5 + 0.7 * valueNoise(x * 2.3, y * 2.3, tree.seed);
    light *= 1 - 0.75 * dapple * (1 - smoothStep(0.55, 1, Math.sqrt(squared) / reach));
  }
  const bridge = layout.footbridge;
  if (bridge) {
    const height = bridge.underside + 0.4;
    const underY = y + (sunY / sunZ) * height;
    const underX = x + (sunX / sunZ) * height;
    const inside = Math.min(
      underY - bridge.y0,
      bridge.y1 - underY,
      ROAD_HALF + 6 - Math.abs(underX),
    );
    light *= 1 - 0.85 * smoothStep(-0.35, 0.35, inside);
  }
  return light < 0 ? 0 : light;
}

/** Light of the street lamps on the ground at (x, y): 0 to about 1. */
export function lampLightAt(layout: Layout, x: number, y: number): number {
  let light = 0;
  for (const lamp of layout.lampPosts) {
    const dx = x - lamp.x * 0.78;
    const dy = y - lamp.y;
    light += 1 / (1 + (dx * dx + dy * dy) / 26);
  }
  return light > 1 ? 1 : light;
}
