import { iou, type BoxXyxy } from "./box.ts";

export interface LabelledBox {
  readonly label: string;
  readonly boxXyxy: BoxXyxy;
}

/** How far two detectors see the same, over any number of pictures. */
export interface Agreement {
  readonly frames: number;
  /** Pictures in which each box of one has its like in the other. */
  readonly equalFrames: number;
  /** Boxes of the first, of the second, and of each that has its like in the other. */
  readonly first: number;
  readonly second: number;
  readonly agreed: number;
  /** 2 × agreed / (first + second): 0 to 1, 1 where neither saw anything. */
  readonly share: number;
  /** Mean IoU of the pairs; 1 where there are none. */
  readonly overlap: number;
}

/** Collects pictures; each box finds at most one like it: same label, most overlap first, at least `least`. */
export class AgreementCounter {
  readonly #least: number;
  #frames = 0;
  #equalFrames = 0;
  #first = 0;
  #second = 0;
  #agreed = 0;
  #overlaps = 0;

  constructor(least = 0.5) {
    this.#least = least;
  }

  add(first: readonly LabelledBox[], second: readonly LabelledBox[]): void {
    const pairs: { readonly i: number; readonly j: number; readonly overlap: number }[] = [];
    for (const [i, one] of first.entries()) {
      for (const [j, other] of second.entries()) {
        if (one.label !== other.label) continue;
        const overlap = iou(one.boxXyxy, other.boxXyxy);
        if (overlap >= this.#least) pairs.push({ i, j, overlap });
      }
    }
    pairs.sort((a, b) => b.overlap - a.overlap || a.i - b.i || a.j - b.j);
    const [taken, found] = [new Set<number>(), new Set<number>()];
    for (const { i, j, overlap } of pairs) {
      if (taken.has(i) || found.has(j)) continue;
      taken.add(i);
      found.add(j);
      this.#overlaps += overlap;
    }
    this.#frames++;
    this.#first += first.length;
    this.#second += second.length;
    this.#agreed += taken.size;
    if (taken.size === first.length && found.size === second.length) this.#equalFrames++;
  }

  result(): Agreement {
    const boxes = this.#first + this.#second;
    return {
      frames: this.#frames,
      equalFrames: this.#equalFrames,
      first: this.#first,
      second: this.#second,
      agreed: this.#agreed,
      share: boxes === 0 ? 1 : (2 * this.#agreed) / boxes,
      overlap: this.#agreed === 0 ? 1 : this.#overlaps / this.#agreed,
    };
  }
}
