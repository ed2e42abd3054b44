import type { Size } from "../box.ts";

/** A picture of one plane, row by row, 0 to 255. */
export interface Luma extends Size {
  readonly data: Uint8Array;
}

/**
 * How bright a picture is, made smaller by the least whole factor at which its longer side has at most `maxSide` pixels:
 * each pixel is the mean of a square. In whole numbers, so that it is the same on every machine.
 *
 * @param planes green, blue and red, one after the other
 */
export function lumaOf(planes: Uint8Array, { width, height }: Size, maxSide: number): Luma {
  const factor = Math.max(1, Math.ceil(Math.max(width, height) / maxSide));
  const size = { width: Math.floor(width / factor), height: Math.floor(height / factor) };
  const pixels = width * height;
  const data = new Uint8Array(size.width * size.height);
  const share = 4 * factor * factor;
  for (let row = 0, at = 0; row < size.height; row++) {
    for (let column = 0; column < size.width; column++, at++) {
      let sum = 0;
      for (let y = 0; y < factor; y++) {
        const start = (row * factor + y) * width + column * factor;
        for (let i = start; i < start + factor; i++) {
          sum += 2 * planes[i]! + planes[pixels + i]! + planes[2 * pixels + i]!;
        }
      }
      data[at] = sum / share;
    }
  }
  return { ...size, data };
}
