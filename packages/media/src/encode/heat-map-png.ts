import type { Size } from "@framequeue/contracts";
import sharp from "sharp";

/** Colours from cold to hot with their opacity, evenly spaced: dark blue, magenta, orange, light yellow. */
const RAMP = [
  [16, 8, 72, 0],
  [76, 16, 140, 120],
  [190, 40, 120, 170],
  [250, 130, 50, 200],
  [255, 245, 170, 230],
] as const;

/** Standard deviation of the blur, in cells: nobody stands on a point. */
const BLUR_CELLS = 2;

/**
 * A picture of `size` that can be laid over a frame: transparent where there was nothing, light where there was most. The
 * scale is logarithmic, because where things wait is a thousand times hotter than where they pass.
 *
 * @param map `counts` row by row, `width` times `height` cells
 */
export async function encodeHeatMap(
  map: { readonly width: number; readonly height: number; readonly counts: Float64Array },
  size: Size,
): Promise<Buffer> {
  const blurred = blur(blur(map.counts, map.width, 1), map.width, map.width);
  const top = Math.log1p(blurred.reduce((max, count) => Math.max(max, count), 0));
  const heat = Uint8Array.from(blurred, (count) =>
    top === 0 ? 0 : Math.round((255 * Math.log1p(count)) / top),
  );
  const { data } = await sharp(heat, {
    raw: { width: map.width, height: map.height, channels: 1 },
  })
    .resize(size.width, size.height, { fit: "fill", kernel: "cubic" })
    .extractChannel(0)
    .raw()
    .toBuffer({ resolveWithObject: true });
  const colours = Array.from({ length: 256 }, (_, value) => colourOf(value / 255));
  const pixels = Buffer.alloc(data.length * 4);
  for (const [i, value] of data.entries()) pixels.set(colours[value]!, i * 4);
  return sharp(pixels, { raw: { width: size.width, height: size.height, channels: 4 } })
    .png({ compressionLevel: 9 })
    .toBuffer();
}

/** A Gaussian along rows (`step` 1) or columns (`step` the width); what is beyond the border is empty. */
function blur(counts: Float64Array, width: number, step: number): Float64Array {
  const reach = Math.ceil(3 * BLUR_CELLS);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * BLUR_CELLS ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return counts.map((_, cell) => {
    let value = 0;
    for (const [i, weight] of weights.entries()) {
      const from = cell + (i - reach) * step;
      const isBeyond = step === 1 && Math.floor(from / width) !== Math.floor(cell / width);
      if (!isBeyond) value += ((counts[from] ?? 0) * weight) / sum;
    }
    return value;
  });
}

/** @param share 0 to 1 */
function colourOf(share: number): number[] {
  const at = share * (RAMP.length - 1);
  const index = Math.min(RAMP.length - 2, Math.floor(at));
  const [low, high] = [RAMP[index]!, RAMP[index + 1]!];
  return low.map((value, i) => Math.round(value + (high[i]! - value) * (at - index)));
}
