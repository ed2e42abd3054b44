/** Waits for a program that must show that it gets on. Its clock runs only while somebody waits for it. */
export class Patience {
  readonly #limitMs: number;
  readonly #giveUp: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param giveUp is called when nothing was heard for `limitMs`, once for each wait */
  constructor(limitMs: number, giveUp: () => void) {
    this.#limitMs = limitMs;
    this.#giveUp = giveUp;
  }

  /** The program got on. */
  heard(): void {
    this.#timer?.refresh();
  }

  /** One wait at a time. */
  async during<T>(wait: Promise<T>): Promise<T> {
    this.#timer = setTimeout(this.#giveUp, this.#limitMs);
    try {
      return await wait;
    } finally {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
  }
}
