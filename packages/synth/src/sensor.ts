import { type Canvas, SUPERSAMPLING } from "./canvas.ts";
import type { DifficultyParameters } from "./difficulty.ts";
import { createRandom, mix } from "./random.ts";

/** How a frame's bytes are laid out: interleaved, or planes in ffmpeg's order green, blue, red. */
export type PixelLayout = "rgb24" | "gbrp";

/** Turns the canvas into the picture a camera would deliver. */
export interface Sensor {
  /**
   * @param left canvas column of the picture's left edge
   * @param top canvas row of its upper edge
   * @param gain factor on the light per channel (red, green, blue)
   * @param frame chooses the noise
   * @param target width * height * 3 bytes
   */
  expose(
    canvas: Canvas,
    left: number,
    top: number,
    gain: readonly [number, number, number],
    frame: number,
    target: Uint8Array,
  ): void;
}

const NOISE_LENGTH = 1 << 16;
// Levels are kept in sixteenths until the end, so that blur and noise do not round twice.
const SCALE = 16;

export function createSensor(
  width: number,
  height: number,
  layout: PixelLayout,
  difficulty: DifficultyParameters,
  seed: number,
): Sensor {
  const size = width * height;
  const planes = [new Int16Array(size), new Int16Array(size), new Int16Array(size)] as const;
  const scratch = new Int16Array(size);
  const noise = noiseTable(seed, difficulty.noise);
  // Sums of four 8-bit samples, gain applied.
  const tables = [0, 1, 2].map(() => new Int16Array(4 * 255 + 1));
  const stride = layout === "rgb24" ? 3 : 1;
  const starts = layout === "rgb24" ? [0, 1, 2] : [2 * size, 0, size];

  return {
    expose(canvas, left, top, gain, frame, target) {
      tables.forEach((table, channel) => {
        for (let i = 0; i < table.length; i++) {
          table[i] = Math.min(255 * SCALE, Math.round((i / 4) * SCALE * gain[channel]!));
        }
      });
      average(canvas, left, top, width, height, tables, planes);
      for (let channel = 0; channel < 3; channel++) {
        const plane = planes[channel]!;
        let rest = difficulty.blur;
        while (rest > 0) {
          binomialBlur(plane, scratch, width, height, Math.min(1, rest));
          rest -= 1;
        }
        let out = starts[channel]!;
        for (let row = 0, i = 0; row < height; row++) {
          let n = mix(mix(seed, frame), row * 3 + channel);
          for (const end = i + width; i < end; i++, out += stride) {
            const value = (plane[i]! + noise[n++ & (NOISE_LENGTH - 1)]! + SCALE / 2) >> 4;
            target[out] = value < 0 ? 0 : value > 255 ? 255 : value;
          }
        }
      }
    },
  };
}

/** Averages each 2-by-2 block of the canvas into one pixel per plane. */
function average(
  canvas: Canvas,
  left: number,
  top: number,
  width: number,
  height: number,
  [redTable, greenTable, blueTable]: readonly Int16Array[],
  [red, green, blue]: readonly [Int16Array, Int16Array, Int16Array],
): void {
  const { colour, width: across } = canvas;
  for (let row = 0, out = 0; row < height; row++) {
    let i = (top + SUPERSAMPLING * row) * across + left;
    for (let column = 0; column < width; column++, i += SUPERSAMPLING, out++) {
      const a = colour[i]!;
      const b = colour[i + 1]!;
      const c = colour[i + across]!;
      const d = colour[i + across + 1]!;
      // Red and blue are summed in the two halves of a word.
      const redBlue = (a & 0xff00ff) + (b & 0xff00ff) + (c & 0xff00ff) + (d & 0xff00ff);
      const g = ((a >>> 8) & 255) + ((b >>> 8) & 255) + ((c >>> 8) & 255) + ((d >>> 8) & 255);
      red[out] = redTable![redBlue & 0xffff]!;
      green[out] = greenTable![g]!;
      blue[out] = blueTable![redBlue >>> 16]!;
    }
  }
}

/** Mixes a 1-2-1 blur along both axes into a plane, in place. */
function binomialBlur(
  plane: Int16Array,
  scratch: Int16Array,
  width: number,
  height: number,
  strength: number,
): void {
  const side = Math.round(strength * 64);
  const middle = 256 - 2 * side;
  for (let row = 0; row < height; row++) {
    const base = row * width;
    for (let x = 0; x < width; x++) {
      const before = plane[base + (x > 0 ? x - 1 : x)]!;
      const after = plane[base + (x < width - 1 ? x + 1 : x)]!;
      scratch[base + x] = (middle * plane[base + x]! + side * (before + after) + 128) >> 8;
    }
  }
  for (let row = 0; row < height; row++) {
    const base = row * width;
    const above = row > 0 ? base - width : base;
    const below = row < height - 1 ? base + width : base;
    for (let x = 0; x < width; x++) {
      plane[base + x] =
        (middle * scratch[base + x]! + side * (scratch[above + x]! + scratch[below + x]!) + 128) >>
        8;
    }
  }
}

/** Near-Gaussian noise (the sum of four uniform draws) in sixteenths of a level. */
function noiseTable(seed: number, deviation: number): Int16Array {
  const random = createRandom(seed, 90);
  // The sum of four uniform numbers has variance 4/12.
  const scale = deviation * SCALE * 1.7320508;
  return Int16Array.from({ length: NOISE_LENGTH }, () =>
    Math.round((random.next() + random.next() + random.next() + random.next() - 2) * scale),
  );
}
