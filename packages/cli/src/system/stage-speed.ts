/** Of a process of which nothing is known yet: a guess for a small machine. */
const GUESS = { infer: 25, decode: 150 } as const;
/** What was measured long ago counts less: half of it after this much work. */
const HALF_LIFE_SECONDS = 120;
const SCRAPE_MS = 1_000;

interface Counters {
  readonly frames: number;
  readonly busySeconds: number;
}

/** How many frames a process of a stage does in a second in which it is busy, from the metrics of its processes. */
export class StageSpeed {
  readonly #stage: keyof typeof GUESS;
  readonly #last = new Map<string, Counters>();
  #frames = 0;
  #busySeconds = 0;

  constructor(stage: keyof typeof GUESS) {
    this.#stage = stage;
  }

  get framesPerBusySecond(): number {
    return this.#frames > 0 ? this.#frames / this.#busySeconds : GUESS[this.#stage];
  }

  /** Asks the stage's processes among these; answers how many tasks each of them works on. */
  async read(health: Readonly<Record<string, string>>): Promise<Map<string, number>> {
    const busy = new Map<string, number>();
    await Promise.all(
      Object.entries(health)
        .filter(([name]) => name.replace(/-\d+$/, "") === this.#stage)
        .map(async ([name, url]) => {
          const text = await metricsOf(url);
          if (text === undefined) return;
          const value = (metric: string): number =>
            Number(
              new RegExp(`^${metric}\\{stage="${this.#stage}"\\} (\\S+)$`, "m").exec(text)?.[1] ??
                0,
            );
          busy.set(name, value("fq_tasks_running"));
          this.#note(name, {
            frames: value("fq_frames_total"),
            busySeconds: value("fq_busy_seconds_total"),
          });
        }),
    );
    return busy;
  }

  #note(name: string, now: Counters): void {
    const last = this.#last.get(name);
    this.#last.set(name, now);
    // Counters that went back are those of a new process.
    const isNew = last === undefined || now.busySeconds < last.busySeconds;
    const seconds = now.busySeconds - (isNew ? 0 : last.busySeconds);
    if (seconds <= 0) return;
    const kept = 0.5 ** (seconds / HALF_LIFE_SECONDS);
    this.#frames = this.#frames * kept + now.frames - (isNew ? 0 : last.frames);
    this.#busySeconds = this.#busySeconds * kept + seconds;
  }
}

/** Undefined where the process does not answer: it has just gone, or is too busy. */
async function metricsOf(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(SCRAPE_MS) });
    return answer.ok ? await answer.text() : undefined;
  } catch {
    return undefined;
  }
}
