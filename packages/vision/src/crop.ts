import type { BoxXyxy, Size } from "./box.ts";
import type { Region } from "./resample.ts";

/**
 * The whole pixels of a frame that a box of its source touches, at least one; what reaches outside is cut off.
 *
 * @param box x1, y1, x2, y2 in source pixels
 */
export function cropOf(box: BoxXyxy, source: Size, frame: Size): Region {
  const span = (from: number, to: number, scale: number, length: number): [number, number] => {
    const start = clamp(Math.floor(from * scale), 0, length - 1);
    return [start, clamp(Math.ceil(to * scale), start + 1, length) - start];
  };
  const [x, width] = span(box[0], box[2], frame.width / source.width, frame.width);
  const [y, height] = span(box[1], box[3], frame.height / source.height, frame.height);
  return { x, y, width, height };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
