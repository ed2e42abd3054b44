import type { Camera } from "./camera.ts";
import type { Canvas } from "./canvas.ts";
import { blend, packColour, type Rgb } from "./colour.ts";
import type { Layout } from "./layout.ts";
import { type Lighting, shade } from "./lighting.ts";
import { CROSSING_HALF, LANE_WIDTH, PAVEMENT_INNER, PAVEMENT_OUTER, ROAD_HALF } from "./road.ts";
import { lampLightAt, sunlightAt } from "./static-shadow.ts";
import { smoothStep, valueNoise } from "./value-noise.ts";

const LAMP_COLOUR: Rgb = [1, 0.82, 0.55];

/** Paints sky and ground over the whole canvas by casting a ray through every pixel. */
export function paintGround(canvas: Canvas, camera: Camera, layout: Layout, light: Lighting): void {
  const { right, up, forward, focal, centreX, centreY } = camera;
  const { width, height, colour, inverseDepth } = canvas;
  for (let row = 0; row < height; row++) {
    const v = (centreY - row - 0.5) / focal;
    for (let column = 0; column < width; column++) {
      const u = (column + 0.5 - centreX) / focal;
      const dz = forward[2] + v * up[2] + u * right[2];
      const pixel = row * width + column;
      if (dz > -0.012) {
        colour[pixel] = skyColour(light, layout, u, dz);
        inverseDepth[pixel] = 0;
        continue;
      }
      const depth = -camera.z / dz;
      const x = camera.x + depth * (forward[0] + v * up[0] + u * right[0]);
      const y = camera.y + depth * (forward[1] + v * up[1] + u * right[1]);
      colour[pixel] = groundColour(layout, light, x, y, depth);
      inverseDepth[pixel] = 1 / depth;
    }
  }
}

function skyColour(light: Lighting, layout: Layout, u: number, dz: number): number {
  const zenith = blend([0.36, 0.55, 0.82], [0.03, 0.04, 0.09], light.darkness);
  const t = smoothStep(0, 0.5, dz + 0.02);
  const cloud = valueNoise(u * 5, dz * 16, layout.textureSeed) * 0.35 * (1 - light.darkness);
  const clear = blend(light.haze, zenith, t);
  const [r, g, b] = blend(clear, light.haze, Math.min(1, cloud + layout.overcast * 0.8));
  return packColour(r, g, b);
}

function groundColour(
  layout: Layout,
  light: Lighting,
  x: number,
  y: number,
  distance: number,
): number {
  const albedo = groundAlbedo(layout, x, y, distance);
  let sunlight = 1;
  if (distance < 140) sunlight = sunlightAt(layout, x, y);
  const packed = shade(light, albedo, 0, 0, 1, sunlight, distance);
  if (light.darkness < 0.25 || distance > 120) return packed;
  const lamp = lampLightAt(layout, x, y) * (light.darkness - 0.25) * 0.8;
  return packColour(
    (packed & 255) / 255 + albedo[0] * lamp * LAMP_COLOUR[0],
    ((packed >>> 8) & 255) / 255 + albedo[1] * lamp * LAMP_COLOUR[1],
    (packed >>> 16) / 255 + albedo[2] * lamp * LAMP_COLOUR[2],
  );
}

function groundAlbedo(layout: Layout, x: number, y: number, distance: number): Rgb {
  const seed = layout.textureSeed;
  const across = Math.abs(x);
  // Fine grain would only flicker where a pixel covers many grains.
  const grain = 1 / (1 + distance / 22);
  if (across < ROAD_HALF) return roadAlbedo(layout, x, y, grain);
  if (across < PAVEMENT_INNER) {
    const joint = y - Math.floor(y) < 0.04 ? 0.82 : 1;
    const edge = across > ROAD_HALF + 0.12 ? 1 : 0.72;
    return [0.62 * joint * edge, 0.61 * joint * edge, 0.58 * joint * edge];
  }
  if (across < PAVEMENT_OUTER) {
    const u = across / 0.8;
    const v = y / 0.8 + Math.floor(u) * 0.5;
    const tone = 0.52 + 0.07 * (valueNoise(Math.floor(u) * 7.3, Math.floor(v) * 5.1, seed) - 0.5);
    const joint = u - Math.floor(u) < 0.06 || v - Math.floor(v) < 0.06 ? 1 - 0.2 * grain : 1;
    const dirt = 0.92 + 0.16 * valueNoise(x * 1.3, y * 1.3, seed + 5);
    const value = tone * joint * dirt;
    return [value, value * 0.97, value * 0.91];
  }
  const tufts = valueNoise(x * 6, y * 6, seed + 11) - 0.5;
  const patches = valueNoise(x * 0.5, y * 0.5, seed + 12) - 0.5;
  const value = 1 + 0.5 * tufts * grain + 0.45 * patches;
  const dry = 0.5 + patches;
  return [(0.25 + 0.12 * dry) * value, (0.38 + 0.03 * dry) * value, 0.15 * value];
}

function roadAlbedo(layout: Layout, x: number, y: number, grain: number): Rgb {
  const seed = layout.textureSeed;
  const across = Math.abs(x);
  const inLane = across - Math.floor(across / LANE_WIDTH) * LANE_WIDTH - LANE_WIDTH / 2;
  const track = Math.abs(Math.abs(inLane) - 0.8);
  let tone = 0.31;
  tone += 0.1 * grain * (valueNoise(x * 14, y * 14, seed) - 0.5);
  tone += 0.07 * (valueNoise(x * 0.9, y * 0.35, seed + 1) - 0.5);
  tone -= 0.03 * (1 - smoothStep(0.1, 0.5, track));
  tone -= 0.04 * (1 - smoothStep(0.1, 0.45, Math.abs(inLane))) * valueNoise(x, y * 0.2, seed + 2);
  // A thin wandering crack here and there.
  const wander = valueNoise(y * 0.4, 7, seed + 3) * 6 - 3;
  if (Math.abs(x - wander * 2) < 0.025) tone -= 0.08 * grain;

  const wear = 0.62 + 0.5 * valueNoise(x * 5, y * 5, seed + 4);
  const marking = markingAt(layout, x, y, across) * (wear > 1 ? 1 : wear);
  const value = tone + (0.86 - tone) * marking;
  return [value, value * 0.995, value * 0.985];
}

/** 1 where paint is on the road. */
function markingAt(layout: Layout, x: number, y: number, across: number): number {
  const fromCrossing = Math.abs(y - layout.crossingY);
  if (fromCrossing < CROSSING_HALF) {
    const stripe = across / 1.1 - Math.floor(across / 1.1);
    return across < ROAD_HALF - 0.3 && stripe < 0.52 ? 1 : 0;
  }
  if (fromCrossing < CROSSING_HALF + 1.2) return 0;
  if (fromCrossing < CROSSING_HALF + 1.6) {
    // Each direction stops before the crossing.
    const before = y < layout.crossingY ? x > 0 : x < 0;
    return before && across > 0.3 && across < ROAD_HALF - 0.3 ? 1 : 0;
  }
  if (Math.abs(across - 0.16) < 0.07) return 1;
  if (Math.abs(across - (ROAD_HALF - 0.35)) < 0.07) return 1;
  const dash = y / 6 - Math.floor(y / 6);
  return Math.abs(across - LANE_WIDTH) < 0.075 && dash < 0.45 ? 1 : 0;
}
