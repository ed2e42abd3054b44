/** Adds up the time in which at least one task keeps the process busy. */
export class BusyClock {
  readonly #now: () => number;
  #tasks = 0;
  #since = 0;
  #seconds = 0;

  /** `now` in milliseconds, never going back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  change(tasks: 1 | -1): void {
    if (this.#tasks > 0) this.#settle();
    else this.#since = this.#now();
    this.#tasks += tasks;
  }

  get tasks(): number {
    return this.#tasks;
  }

  /** Up to now. */
  get seconds(): number {
    if (this.#tasks > 0) this.#settle();
    return this.#seconds;
  }

  #settle(): void {
    const now = this.#now();
    this.#seconds += (now - this.#since) / 1000;
    this.#since = now;
  }
}
