import type { JobId } from "@framequeue/contracts";
import type { TaskQueues } from "@framequeue/pipeline";

/** How often a turn that is over is compared with what waits. */
const LOOK_MS = 500;

/**
 * How long a segment keeps its decoder while others wait for one. Whoever takes the segment up again decodes what is
 * there once more to pass over it, so a turn lasts at least as long as that took: all passes together at most double
 * the work.
 */
export class Turn {
  readonly #queues: Pick<TaskQueues, "began" | "othersWait">;
  readonly #job: JobId;
  readonly #quantumMs: number;
  readonly #now: () => number;
  readonly #began: number;
  /** From when on it may be over: unknown until there is something new. */
  #over: number | undefined;
  #virtualTime = 0;

  constructor(
    queues: Pick<TaskQueues, "began" | "othersWait">,
    job: JobId,
    quantumMs: number,
    now: () => number = () => performance.now(),
  ) {
    this.#queues = queues;
    this.#job = job;
    this.#quantumMs = quantumMs;
    this.#now = now;
    this.#began = now();
  }

  /** A batch that was not there was published; the job's virtual time is now `vt`. */
  published(vt: number): void {
    this.#virtualTime = vt;
    const now = this.#now();
    this.#over ??= now + Math.max(this.#quantumMs, now - this.#began);
  }

  /** Whether the decoder is to go to a job that is further behind. Where none waits, another turn begins. */
  async isOver(): Promise<boolean> {
    if (this.#over === undefined || this.#now() < this.#over) return false;
    if (await this.#queues.othersWait(this.#job, this.#virtualTime)) return true;
    this.#over = this.#now() + Math.min(LOOK_MS, this.#quantumMs);
    await this.#queues.began(this.#virtualTime);
    return false;
  }
}
