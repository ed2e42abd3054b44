import { ProblemError } from "@framequeue/contracts";
import type { Worker } from "bullmq";

export interface StageRunner {
  readonly state: "starting" | "running" | "draining" | "stopped";
  start(): Promise<void>;
  /**
   * Takes nothing new, lets running tasks finish, aborts them at the deadline, then waits for them to let go. Called
   * again, it waits for the first call.
   */
  stop(deadlineMs: number): Promise<void>;
}

/**
 * The life of a worker that does not run by itself.
 *
 * @param stopping is aborted with `shutting-down` at the deadline of a stop: BullMQ's close has none of its own
 * @param onError hears when the worker's loop breaks
 * @param onStopped called once nothing runs any more
 */
export function lifeOf(
  worker: Worker,
  stopping: AbortController,
  onError: (error: Error) => void,
  onStopped: () => void = () => {},
): StageRunner {
  let state: StageRunner["state"] = "starting";
  let loop: Promise<void> = Promise.resolve();
  let stopped: Promise<void> | undefined;

  async function stop(deadlineMs: number): Promise<void> {
    state = "draining";
    const deadline = setTimeout(() => {
      stopping.abort(new ProblemError("shutting-down", "The service is stopping."));
    }, deadlineMs);
    try {
      await worker.close();
      await loop.catch(() => {});
    } finally {
      clearTimeout(deadline);
      onStopped();
      state = "stopped";
    }
  }

  return {
    get state() {
      return state;
    },
    async start() {
      await worker.waitUntilReady();
      if (state !== "starting") return; // stopped meanwhile
      loop = worker.run();
      loop.catch((error: unknown) => {
        if (state === "running") onError(error as Error);
      });
      state = "running";
    },
    stop(deadlineMs) {
      stopped ??= stop(deadlineMs);
      return stopped;
    },
  };
}
