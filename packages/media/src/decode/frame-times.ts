import type { TimeBase } from "@framequeue/contracts";

const CONFIG = /Parsed_showinfo_\d+ @ [^\]]+\] \[info\] config in time_base: (\d+)\/(\d+)/;
const FRAME = /Parsed_showinfo_\d+ @ [^\]]+\] \[info\] n: *\d+ pts: *(NOPTS|-?\d+)/;
const SHAPE = / sar:(\d+)\/(\d+) s:(\d+)x(\d+) /;

/** More changes of shape than these are not remembered: a file that flickers between two says no more with each. */
const MOST_SHAPES = 100;

/** The size of a picture as the file has it, upright, and the shape of its pixels. */
export interface StoredShape {
  /** The first frame that has it, by its place. */
  readonly frame: number;
  readonly width: number;
  readonly height: number;
  /** Width of a pixel over its height; 0 where the file does not say. */
  readonly pixelAspect: number;
}

/**
 * Collects the pts of frames from the lines of ffmpeg's `showinfo` filter, in ticks of `timeBase`. The filter counts in
 * a time base of its own, which it prints first. The patterns are not bound to the start of a line, because decoder
 * threads print in between. A frame without a time gets the next tick that fits the frames before it.
 */
export class FrameTimes {
  readonly #pts: number[] = [];
  readonly #timeBase: TimeBase;
  #filterBase: TimeBase;
  #isRestarted = false;
  readonly #shapes: StoredShape[] = [];

  constructor(timeBase: TimeBase) {
    this.#timeBase = timeBase;
    this.#filterBase = timeBase;
  }

  /** All pts so far, in the order of the frames. */
  get pts(): readonly number[] {
    return this.#pts;
  }

  /**
   * Whether ffmpeg has set up its filters anew behind a frame, as it does where pictures change their size or format: a
   * filter that counts frames then begins again at 0.
   */
  get isRestarted(): boolean {
    return this.#isRestarted;
  }

  /** The shapes of the pictures, each where it begins. */
  get shapes(): readonly StoredShape[] {
    return this.#shapes;
  }

  /** Takes a line of stderr; true where it told of a frame. */
  add(line: string): boolean {
    const frame = FRAME.exec(line);
    if (frame) {
      const pts = frame[1] === "NOPTS" ? this.guess() : this.#rescale(Number(frame[1]));
      this.#noteShape(line);
      this.#pts.push(pts);
      return true;
    }
    const config = CONFIG.exec(line);
    if (config) {
      this.#filterBase = [Number(config[1]), Number(config[2])];
      this.#isRestarted ||= this.#pts.length > 0;
    }
    return false;
  }

  /** A pts for one more frame whose time nobody knows. */
  guess(): number {
    const last = this.#pts.at(-1);
    if (last === undefined) return 0;
    return last + Math.max(1, last - (this.#pts.at(-2) ?? last));
  }

  #noteShape(line: string): void {
    const shape = SHAPE.exec(line);
    if (!shape || this.#shapes.length === MOST_SHAPES) return;
    const [, over = "0", under = "1", width, height] = shape;
    const found = {
      frame: this.#pts.length,
      width: Number(width),
      height: Number(height),
      pixelAspect: Number(over) / (Number(under) || 1),
    };
    const last = this.#shapes.at(-1);
    const same =
      last?.width === found.width &&
      last.height === found.height &&
      last.pixelAspect === found.pixelAspect;
    if (!same) this.#shapes.push(found);
  }

  #rescale(pts: number): number {
    const [fromNumerator, fromDenominator] = this.#filterBase;
    const [toNumerator, toDenominator] = this.#timeBase;
    if (fromNumerator * toDenominator === toNumerator * fromDenominator) return pts;
    return Math.round((pts * fromNumerator * toDenominator) / (fromDenominator * toNumerator));
  }
}
