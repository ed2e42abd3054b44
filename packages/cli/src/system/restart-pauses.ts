const RESTART_MS = 250;
const LONGEST_RESTART_MS = 10_000;
/**
 * A process that was ready and died this soon dies of its work. It comes back soon all the same, because the ledger
 * finds the frame that kills it within a few deaths; but not so soon that starting is all that the machine does.
 */
const SHORT_LIFE_MS = 10_000;
const LONGEST_PAUSE_AFTER_LIFE_MS = 2_000;

/** How long to wait before a process is started again: longer after each death that came soon. */
export class RestartPauses {
  #failures = 0;
  #shortLives = 0;

  /** Starts in a row that came to nothing. */
  get failures(): number {
    return this.#failures;
  }

  /** It has ended; answers the pause in milliseconds. `livedMs` counts from its start. */
  after(ended: { readonly ready: boolean; readonly livedMs: number }): number {
    this.#failures = ended.ready ? 0 : this.#failures + 1;
    this.#shortLives = ended.ready && ended.livedMs < SHORT_LIFE_MS ? this.#shortLives + 1 : 0;
    return ended.ready
      ? Math.min(LONGEST_PAUSE_AFTER_LIFE_MS, RESTART_MS * 2 ** this.#shortLives)
      : Math.min(LONGEST_RESTART_MS, RESTART_MS * 2 ** this.#failures);
  }
}
