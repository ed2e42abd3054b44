/** Counts by label. */
export type Tally = Record<string, number>;

export function count(tally: Tally, label: string): void {
  tally[label] = (tally[label] ?? 0) + 1;
}

/** Labels in alphabetical order, so that equal counts are written alike. */
export function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** How many were somewhere, frame by frame. */
export class Occupancy {
  #frames = 0;
  #sum = 0;
  #max = 0;

  see(count: number): void {
    this.#frames++;
    this.#sum += count;
    this.#max = Math.max(this.#max, count);
  }

  /** Over the frames. */
  get mean(): number {
    return this.#frames === 0 ? 0 : this.#sum / this.#frames;
  }

  get max(): number {
    return this.#max;
  }
}
