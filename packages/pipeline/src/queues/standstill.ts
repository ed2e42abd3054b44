/**
 * How long things have stood still, by this process's own clock: those of file systems and servers differ, and are set.
 * What a pass does not see is forgotten.
 */
export class Standstill {
  #seen = new Map<string, { state: string; since: number; pass: number }>();
  #pass = 0;

  /** A new pass begins. */
  begin(): void {
    for (const [name, { pass }] of this.#seen) if (pass < this.#pass) this.#seen.delete(name);
    this.#pass++;
  }

  /** @returns for how many milliseconds each look has seen it in this state; 0 at the first */
  of(name: string, state: string): number {
    const now = performance.now();
    const before = this.#seen.get(name);
    const since = before?.state === state ? before.since : now;
    this.#seen.set(name, { state, since, pass: this.#pass });
    return now - since;
  }
}
