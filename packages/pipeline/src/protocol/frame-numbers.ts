import type { Gap } from "@framequeue/contracts";
import type { MissingSpan } from "../site/timeline.ts";

/** The numbers that frames have in the results: missing ones count too. */
export class FrameNumbers {
  readonly gaps: readonly Gap[];
  readonly #missing: readonly MissingSpan[];
  /** How many are missing up to and with each span. */
  readonly #sums: readonly number[];

  /** @param missing in their order */
  constructor(missing: readonly MissingSpan[]) {
    let sum = 0;
    this.#missing = missing;
    this.gaps = missing.map(({ before, frames, reason }) => {
      const from = before + sum;
      sum += frames;
      return { from, to: from + frames - 1, reason };
    });
    sum = 0;
    this.#sums = missing.map(({ frames }) => (sum += frames));
  }

  /** @param frame counted among those that decoded */
  of(frame: number): number {
    // The number of spans at or before the frame.
    let [low, high] = [0, this.#missing.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#missing[middle]!.before <= frame) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? frame : frame + this.#sums[low - 1]!;
  }
}
