import type { Size } from "@framequeue/vision";
import type { Picture } from "../session/session-protocol.ts";

/** Consecutive pictures in shared memory: per picture a green, a blue and a red plane, no padding anywhere. */
export interface PlanarFrames {
  readonly data: SharedArrayBuffer;
  /** Where the first picture starts. */
  readonly byteOffset: number;
  readonly width: number;
  readonly height: number;
  readonly layout: "gbrp";
  readonly frames: number;
}

/**
 * The frames `from` to, exclusively, `to` one by one.
 *
 * @throws RangeError if they lie outside the frames, or the frames outside their buffer
 */
export function picturesOf(
  { data, byteOffset, width, height, frames }: PlanarFrames,
  { from, to }: { readonly from: number; readonly to: number },
  source: Size,
  minScore: number,
): Picture[] {
  const bytes = 3 * width * height;
  if (byteOffset + bytes * frames > data.byteLength) {
    throw new RangeError(`the buffer is too short for ${frames} frames`);
  }
  const whole = Number.isSafeInteger(from) && Number.isSafeInteger(to);
  if (!(whole && 0 <= from && from <= to && to <= frames)) {
    throw new RangeError(`${from} to ${to} is no range of the ${frames} frames given`);
  }
  return Array.from({ length: to - from }, (_, i) => ({
    data,
    byteOffset: byteOffset + bytes * (from + i),
    width,
    height,
    source,
    minScore,
  }));
}
