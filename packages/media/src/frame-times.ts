import type { TimeBase } from "@framequeue/contracts";

const CONFIG = /Parsed_showinfo_\d+ @ [^\]]+\] \[info\] config in time_base: (\d+)\/(\d+)/;
const FRAME = /Parsed_showinfo_\d+ @ [^\]]+\] \[info\] n: *\d+ pts: *(NOPTS|-?\d+)/;

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

  /** Takes a line of stderr; true where it told of a frame. */
  add(line: string): boolean {
    const frame = FRAME.exec(line);
    if (frame) {
      const pts = frame[1] === "NOPTS" ? this.guess() : this.#rescale(Number(frame[1]));
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

  #rescale(pts: number): number {
    const [fromNumerator, fromDenominator] = this.#filterBase;
    const [toNumerator, toDenominator] = this.#timeBase;
    if (fromNumerator * toDenominator === toNumerator * fromDenominator) return pts;
    return Math.round((pts * fromNumerator * toDenominator) / (fromDenominator * toNumerator));
  }
}
