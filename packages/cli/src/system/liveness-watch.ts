/** What is expected to answer. */
export interface Watched {
  /** Resolves with an answer, whatever it says; rejects where none comes. Aborted once nobody waits for it any more. */
  ask(signal: AbortSignal): Promise<unknown>;
  /** It gave no answer for the whole silence. Called once; it is not asked again. */
  onSilent(): void;
}

export interface LivenessWatch extends Disposable {
  readonly silenceMs: number;
  /** From now on until it is disposed of. */
  watch(watched: Watched): Disposable;
}

/** Looks within one silence. */
const LOOKS = 12;
const LONGEST_LOOK_MS = 5_000;
/** A look that comes later than so many were due: this process did not run either. */
const MISSED_LOOKS = 3;

/**
 * Asks those that are watched every few seconds, and tells which have been silent for `silenceMs`.
 *
 * Only time counts in which this process ran as well. A laptop that is closed, a machine that is paused, a supervisor
 * that is stopped: then the silence of all begins anew.
 */
export function createLivenessWatch(silenceMs: number): LivenessWatch {
  const lookMs = Math.min(LONGEST_LOOK_MS, silenceMs / LOOKS);
  const silences = new Silences({ silenceMs, lookMs });
  const timer = setInterval(() => silences.look(performance.now()), lookMs);
  timer.unref();
  return {
    silenceMs,
    watch: (watched) => silences.add(watched, performance.now()),
    [Symbol.dispose]() {
      clearInterval(timer);
      silences.clear();
    },
  };
}

interface Silence {
  /** When it last answered, or began to count. */
  since: number;
  /** The question that is open. */
  asking?: AbortController;
}

/** What the watch decides, by a clock that is handed in. In milliseconds, never going back. */
export class Silences {
  readonly #silenceMs: number;
  readonly #lookMs: number;
  readonly #all = new Map<Watched, Silence>();
  #lastLook: number | undefined;

  constructor({ silenceMs, lookMs }: { silenceMs: number; lookMs: number }) {
    this.#silenceMs = silenceMs;
    this.#lookMs = lookMs;
  }

  add(watched: Watched, now: number): Disposable {
    this.#all.set(watched, { since: now });
    return { [Symbol.dispose]: () => this.#drop(watched) };
  }

  clear(): void {
    for (const watched of [...this.#all.keys()]) this.#drop(watched);
  }

  look(now: number): void {
    const slept =
      this.#lastLook !== undefined && now - this.#lastLook > MISSED_LOOKS * this.#lookMs;
    this.#lastLook = now;
    for (const [watched, silence] of [...this.#all]) {
      if (slept) silence.since = now;
      if (now - silence.since >= this.#silenceMs) {
        this.#drop(watched);
        watched.onSilent();
      } else if (silence.asking === undefined) {
        void this.#ask(watched, silence);
      }
    }
  }

  async #ask(watched: Watched, silence: Silence): Promise<void> {
    silence.asking = new AbortController();
    try {
      await watched.ask(silence.asking.signal);
      // The look after it counts from the one before: an answer is at most one look late.
      silence.since = this.#lastLook!;
    } catch {
      // no answer
    } finally {
      delete silence.asking;
    }
  }

  #drop(watched: Watched): void {
    this.#all.get(watched)?.asking?.abort();
    this.#all.delete(watched);
  }
}
