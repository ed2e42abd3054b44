import type { Point } from "./geometry.ts";

/** Speed is the way between two places so far apart in time: boxes tremble, and from frame to frame that is all one sees. */
const SPAN_SECONDS = 1;
/** What is seen for less has no speed. */
const LEAST_SECONDS = 0.5;

/** The speed of one object, in its unit of length per second. */
export class Speedometer {
  /** Of the last second, oldest first. */
  readonly #places: { readonly seconds: number; readonly at: Point }[] = [];
  #current: number | undefined;
  #sum = 0;
  #count = 0;
  #max = 0;

  /** Times grow. */
  see(seconds: number, at: Point): void {
    const places = this.#places;
    places.push({ seconds, at });
    while (places.length > 2 && seconds - places[1]!.seconds >= SPAN_SECONDS) places.shift();
    const [oldest] = places;
    const span = seconds - oldest!.seconds;
    this.#current =
      span < LEAST_SECONDS
        ? undefined
        : Math.hypot(at[0] - oldest!.at[0], at[1] - oldest!.at[1]) / span;
    if (this.#current === undefined) return;
    this.#sum += this.#current;
    this.#count++;
    this.#max = Math.max(this.#max, this.#current);
  }

  /** Over the last second; undefined where it was seen for less than half of one. */
  get current(): number | undefined {
    return this.#current;
  }

  /** Mean and largest of what `current` was; undefined where it never was. */
  get summary(): { readonly mean: number; readonly max: number } | undefined {
    return this.#count === 0 ? undefined : { mean: this.#sum / this.#count, max: this.#max };
  }
}
