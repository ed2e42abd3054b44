/** Canvas pixels per picture pixel, along each side. */
export const SUPERSAMPLING = 2;

/** A rectangle of canvas pixels: left and top inside, right and bottom outside. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * The supersampled drawing surface, row-major. Depth is kept as its reciprocal, because that is
 * what varies linearly over the picture of a plane; 0 is infinitely far.
 */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  /** 0x00BBGGRR. */
  readonly colour: Uint32Array;
  readonly inverseDepth: Float32Array;
  /** What is seen there: 0 for the surroundings, else the object's slot in the frame. */
  readonly id: Uint16Array;
  /** Each row's range of pixels that differ from the surroundings. */
  readonly dirtyLeft: Int32Array;
  readonly dirtyRight: Int32Array;
}

export function createCanvas(width: number, height: number): Canvas {
  return {
    width,
    height,
    colour: new Uint32Array(width * height),
    inverseDepth: new Float32Array(width * height),
    id: new Uint16Array(width * height),
    dirtyLeft: new Int32Array(height).fill(width),
    dirtyRight: new Int32Array(height),
  };
}

/** Makes `canvas` equal to `surroundings` again where it was drawn on. */
export function restore(canvas: Canvas, surroundings: Canvas): void {
  const { width, height, dirtyLeft, dirtyRight } = canvas;
  for (let row = 0; row < height; row++) {
    const from = row * width + dirtyLeft[row]!;
    const to = row * width + dirtyRight[row]!;
    if (from < to) {
      canvas.colour.set(surroundings.colour.subarray(from, to), from);
      canvas.inverseDepth.set(surroundings.inverseDepth.subarray(from, to), from);
      canvas.id.fill(0, from, to);
    }
    dirtyLeft[row] = width;
    dirtyRight[row] = 0;
  }
}

/** Copies all of `from` into the equally large `to`. */
export function copyCanvas(from: Canvas, to: Canvas): void {
  to.colour.set(from.colour);
  to.inverseDepth.set(from.inverseDepth);
  to.id.set(from.id);
}
