import { ProblemError } from "@framequeue/contracts";
import { checkApart, type CheckedModel } from "@framequeue/models/check-apart";

/** Opens a file that a client sent and runs it once. */
export type ModelCheck = (
  file: string,
  options: Parameters<typeof checkApart>[1],
  signal: AbortSignal,
) => Promise<CheckedModel>;

export interface ModelCheckLimits {
  /** Memory of the process that opens the file, in bytes. */
  readonly memoryBytes: number;
  /** Longest time that it may take. */
  readonly deadlineMs: number;
}

/** Files that wait lie on the disk meanwhile. */
const MOST_WAITING = 8;
/** A little longer than a check may take, so that what comes during one has its turn after. */
const WAIT_FACTOR = 1.2;

/**
 * One after the other, so that the memory which they may take is that of one. Nobody waits for much longer than a check
 * may take, so that every client has its answer before connections are given up that say nothing.
 *
 * @returns a function that throws what `checkApart` throws, and `model-check-busy` where others take too long
 */
export function createModelCheck({ memoryBytes, deadlineMs }: ModelCheckLimits): ModelCheck {
  const waiting: (() => void)[] = [];
  let isBusy = false;

  async function turn(signal: AbortSignal): Promise<void> {
    if (!isBusy) {
      isBusy = true;
      return;
    }
    if (waiting.length >= MOST_WAITING) throw othersFirst();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = (reason: Error): void => {
      const at = waiting.indexOf(resolve);
      if (at === -1) return; // it is our turn already
      waiting.splice(at, 1);
      reject(reason);
    };
    const gone = (): void => leave(signal.reason as Error);
    const late = setTimeout(() => leave(othersFirst()), WAIT_FACTOR * deadlineMs);
    signal.addEventListener("abort", gone);
    waiting.push(resolve);
    try {
      await promise;
    } finally {
      clearTimeout(late);
      signal.removeEventListener("abort", gone);
    }
  }

  return async (file, options, signal) => {
    signal.throwIfAborted();
    await turn(signal);
    try {
      return await checkApart(file, options, { memoryBytes, deadlineMs, signal });
    } finally {
      const next = waiting.shift();
      if (next === undefined) isBusy = false;
      else next();
    }
  };
}

const othersFirst = (): ProblemError =>
  new ProblemError(
    "model-check-busy",
    "Models are tried one after the other, and others are before this one; send it again in a while.",
  );
