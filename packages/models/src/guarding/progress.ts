import { readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

/**
 * What a session thread lets be known of itself while it runs a network and hears nothing: memory that it shares with
 * the main thread.
 */
export class Progress {
  /** [the thread's number in its process, runs begun] */
  readonly #cells: Int32Array<SharedArrayBuffer>;

  constructor(cells = new Int32Array(new SharedArrayBuffer(8))) {
    this.#cells = cells;
  }

  /** To be handed to the other thread. */
  get cells(): Int32Array<SharedArrayBuffer> {
    return this.#cells;
  }

  /** Said by the session's own thread, once. */
  here(): void {
    Atomics.store(this.#cells, 0, ownThread());
  }

  /** The session's thread begins a run. */
  begin(): void {
    Atomics.add(this.#cells, 1, 1);
  }

  /** How many runs were begun. */
  get runs(): number {
    return Atomics.load(this.#cells, 1);
  }

  /**
   * Processor time that the thread has had, in milliseconds: it stands still while the process is stopped, swapped out,
   * or waits for a processor that others have. Undefined where the system does not tell (anywhere but on Linux).
   */
  processorMs(): number | undefined {
    const thread = Atomics.load(this.#cells, 0);
    if (thread === 0) return undefined;
    try {
      return processorMsOf(readFileSync(`/proc/self/task/${thread}/stat`, "latin1"));
    } catch {
      return undefined; // it has ended
    }
  }
}

/** User and system time, in milliseconds, by the `stat` of a process or a thread: its fields 14 and 15. */
export function processorMsOf(stat: string): number {
  // after the name in brackets, which may hold anything
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_MS;
}

/** The unit of times in `/proc`: a hundredth of a second on every Linux that Node runs on. */
const CLOCK_TICK_MS = 10;

/** Number of this thread; 0 where the system does not tell. */
function ownThread(): number {
  try {
    return Number(basename(readlinkSync("/proc/thread-self")));
  } catch {
    return 0;
  }
}
