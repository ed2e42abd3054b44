import type { Size } from "@framequeue/vision";

/** Shares of the sides, and how much green, blue and red. */
const PATCHES = [
  { x: 0.1, y: 0.15, width: 0.2, height: 0.3, planes: [30, 30, 185] },
  { x: 0.55, y: 0.1, width: 0.15, height: 0.15, planes: [180, 40, 40] },
  { x: 0.4, y: 0.55, width: 0.3, height: 0.25, planes: [40, 175, 30] },
  { x: 0.75, y: 0.6, width: 0.06, height: 0.3, planes: [170, 160, 180] },
] as const;

/**
 * A picture that is no photograph but is not empty either, the same for the same size: a slope from dark to light grey
 * with some coloured patches. For the run by which a model is tried, where nobody's picture is at hand.
 *
 * @returns `gbrp` planes
 */
export function testPicture({ width, height }: Size): Uint8Array<ArrayBuffer> {
  const pixels = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const grey = 40 + Math.floor((90 * y) / height);
    for (let plane = 0; plane < 3; plane++) {
      const from = (plane * height + y) * width;
      pixels.fill(grey, from, from + width);
      for (const patch of PATCHES) {
        if (y < patch.y * height || y >= (patch.y + patch.height) * height) continue;
        const left = Math.floor(patch.x * width);
        const right = Math.floor((patch.x + patch.width) * width);
        pixels.fill(patch.planes[plane]!, from + left, from + right);
      }
    }
  }
  return pixels;
}
