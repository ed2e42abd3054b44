/** What a peer has to move: bytes per second, as the mean over every window of the time for which it is waited for. */
export interface LeastRate {
  readonly bytesPerSecond: number;
  readonly windowMs: number;
}

/**
 * Holds one peer to a least rate. Only the time counts for which it was waited for: where this side is the slow one,
 * nobody is blamed.
 */
export class RateWatch {
  readonly #least: LeastRate;
  #waitedMs = 0;
  #bytes = 0;
  /** Since something moved. */
  #stillMs = 0;

  constructor(least: LeastRate) {
    this.#least = least;
  }

  /**
   * It was waited for `waitedMs` longer, and moved `bytes`.
   *
   * @returns whether it was too slow over the window that ends here, if one does, or nothing moved for as long as one: what
   * the kernel took at once for a peer that reads nothing is no more than a good beginning
   */
  isTooSlow(waitedMs: number, bytes: number): boolean {
    this.#waitedMs += waitedMs;
    this.#bytes += bytes;
    this.#stillMs = bytes > 0 ? 0 : this.#stillMs + waitedMs;
    const { bytesPerSecond, windowMs } = this.#least;
    if (bytesPerSecond > 0 && this.#stillMs >= windowMs) return true;
    if (this.#waitedMs < windowMs) return false;
    const wanted = (bytesPerSecond * this.#waitedMs) / 1000;
    const tooSlow = this.#bytes < wanted;
    this.#waitedMs = 0;
    this.#bytes = 0;
    return tooSlow;
  }
}
