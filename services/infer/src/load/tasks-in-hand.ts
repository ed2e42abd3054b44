/** Fewer would leave two threads waiting at the end of each batch. */
const LEAST = 3;
const MOST = 64;
/** Runs that fill up while every thread has one: those that are over give their tasks back one by one. */
const SPARE = 2;
/** Tasks over which the size is averaged. */
const REMEMBERED = 32;

/**
 * How many tasks a process holds: one more than there are threads, so that the next is there when a batch ends; and as
 * many more as it takes to fill the tensors, where tasks have fewer frames than those.
 */
export interface TasksInHand {
  readonly count: number;
  /** A task of so many frames came for a model that takes so many at once. */
  saw(frames: number, slots: number): void;
}

export function createTasksInHand(threads: number): TasksInHand {
  const least = Math.max(LEAST, threads + 1);
  const seen: { frames: number; slots: number }[] = [];
  const sumOf = (key: "frames" | "slots"): number => seen.reduce((sum, task) => sum + task[key], 0);
  return {
    get count() {
      if (seen.length === 0) return least;
      const wanted = Math.ceil(((threads + SPARE) * sumOf("slots")) / sumOf("frames"));
      return Math.min(Math.max(MOST, least), Math.max(least, wanted));
    },
    saw(frames, slots) {
      seen.push({ frames, slots });
      if (seen.length > REMEMBERED) seen.shift();
    },
  };
}
