import { seededRandom } from "./random.ts";

/** Seconds from the order of a GPU worker until it works: node, image, driver, model. */
const COLD_START = { least: 60, most: 300 } as const;

/** Workers that are starting or there. Whoever is taken away is one that is not ready yet, if there is one. */
export class Fleet {
  readonly #random: () => number;
  /** When each that is starting will be ready, latest last. */
  #starting: number[] = [];
  ready = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  get size(): number {
    return this.ready + this.#starting.length;
  }

  resize(wanted: number, now: number): void {
    while (this.size < wanted) {
      const { least, most } = COLD_START;
      this.#starting.push(now + least + this.#random() * (most - least));
    }
    this.#starting.sort((a, b) => a - b);
    while (this.size > wanted && this.#starting.length > 0) this.#starting.pop();
    this.ready = Math.min(this.ready, wanted);
  }

  tick(now: number): void {
    while (this.#starting.length > 0 && this.#starting[0]! <= now) {
      this.#starting.shift();
      this.ready++;
    }
  }
}
