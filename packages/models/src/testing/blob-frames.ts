import type { Size } from "@framequeue/vision";
import type { PlanarFrames } from "../tensors/planar-frames.ts";

/** A filled rectangle: 0 red, 1 green, 2 blue. Corner and size in whole pixels of the frame. */
export interface Blob {
  readonly classId: 0 | 1 | 2;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Index of the plane, in `gbrp`, of red, green and blue. */
const PLANE = [2, 0, 1] as const;

/** Dark grey frames with rectangles, after `byteOffset` unused bytes. */
export function blobFrames(
  size: Size,
  frames: readonly (readonly Blob[])[],
  byteOffset = 0,
): PlanarFrames {
  const plane = size.width * size.height;
  const data = new SharedArrayBuffer(byteOffset + 3 * plane * frames.length);
  const bytes = new Uint8Array(data, byteOffset).fill(30);
  frames.forEach((blobs, frame) => {
    for (const { classId, x, y, width, height } of blobs) {
      const start = (3 * frame + PLANE[classId]) * plane;
      for (let row = y; row < y + height; row++) {
        const at = start + row * size.width + x;
        bytes.fill(230, at, at + width);
      }
    }
  });
  return { data, byteOffset, ...size, layout: "gbrp", frames: frames.length };
}
