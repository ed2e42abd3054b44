import type { Arrival } from "./workload.ts";

/** Workers that one job can keep busy at once: its segments that are open, and the batches that wait of each. */
export const WORKERS_PER_JOB = 32;
/** Tasks of a second of work: 20 batches of 16 frames are 320 frames per second, a middling GPU. */
export const TASKS_PER_SECOND = 20;
/** Batches that a job may have in the queue at once: credits bound it, whatever is left of the job. */
const WINDOW = { least: 12, most: 256 } as const;
const SPARE = 4;

interface Open {
  readonly arrival: Arrival;
  left: number;
}

/** Accepted jobs that are not done, served oldest first; each by a bounded number of workers. */
export class Backlog {
  readonly #jobs: readonly Arrival[];
  #next = 0;
  #open: Open[] = [];
  /** Seconds of work of the jobs that have come and are not done. */
  left = 0;
  /** Seconds by which each job ended later than on an idle site with all its workers. */
  readonly waits: number[] = [];

  constructor(jobs: readonly Arrival[]) {
    this.#jobs = jobs;
  }

  get isDone(): boolean {
    return this.#next === this.#jobs.length && this.#open.length === 0;
  }

  accept(until: number): void {
    for (
      let job = this.#jobs[this.#next];
      job !== undefined && job.at < until;
      job = this.#jobs[++this.#next]
    ) {
      this.#open.push({ arrival: job, left: job.work });
      this.left += job.work;
    }
  }

  /** Works with so many workers from `now` for `seconds`; answers the seconds of them that were used. */
  serve(workers: number, now: number, seconds: number): number {
    const capacity = workers * seconds;
    let used = 0;
    let ended = false;
    for (const job of this.#open) {
      if (used >= capacity) break;
      const share = Math.min(job.left, capacity - used, WORKERS_PER_JOB * seconds);
      job.left -= share;
      used += share;
      if (job.left > 1e-9) continue;
      ended = true;
      const { at, work } = job.arrival;
      this.waits.push(Math.max(0, now + seconds - at - work / WORKERS_PER_JOB));
    }
    if (ended) this.#open = this.#open.filter(({ left }) => left > 1e-9);
    this.left = this.#open.length === 0 ? 0 : this.left - used;
    return used;
  }

  /** What the queue holds in Redis: of each job no more than its window, busy workers' tasks left out. */
  tasks(workers: number): { readonly waiting: number; readonly active: number } {
    const window = Math.min(WINDOW.most, Math.max(WINDOW.least, workers + SPARE));
    let tasks = 0;
    for (const { left } of this.#open)
      tasks += Math.min(window, Math.ceil(left * TASKS_PER_SECOND));
    const active = Math.min(workers, tasks);
    return { waiting: tasks - active, active };
  }
}
