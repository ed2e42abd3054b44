/**
 * What looked wrong, by name. A look at a moving system takes time, so that much of what looks wrong is only on its
 * way: a repair takes away only what two passes in a row saw unchanged. What was repaired and looks wrong again must
 * be seen twice as often each time, so that two repairers, or a repairer and a slow worker, cannot keep each other busy.
 */
export class Suspects {
  readonly #seen = new Map<string, Suspect>();
  #pass = 0;

  /** A new pass begins; what the last one did not see is forgiven. */
  begin(): void {
    for (const [name, suspect] of this.#seen) {
      const unseen = this.#pass - suspect.pass;
      if (unseen > suspect.patience * 2) this.#seen.delete(name);
      else if (unseen > 0) suspect.times = 0;
    }
    this.#pass++;
  }

  /** Whatever was seen was another system. */
  clear(): void {
    this.#seen.clear();
  }

  /** Whether `name`, looking wrong in this way, is to be repaired now. `state` is what must not have changed. */
  see(name: string, state = ""): boolean {
    const suspect = this.#seen.get(name) ?? { state, times: 0, patience: 2, pass: 0 };
    this.#seen.set(name, suspect);
    if (suspect.state !== state) Object.assign(suspect, { state, times: 0 });
    suspect.pass = this.#pass;
    suspect.times++;
    if (suspect.times < suspect.patience) return false;
    suspect.times = 0;
    suspect.patience = Math.min(MOST_PATIENCE, suspect.patience * 2);
    return true;
  }
}

interface Suspect {
  state: string;
  /** Passes in a row that saw it, since the last repair. */
  times: number;
  /** How many it takes. */
  patience: number;
  /** The last pass that saw it. */
  pass: number;
}

const MOST_PATIENCE = 64;
