import type { Progress } from "./progress.ts";

/** What one run of a network may take. */
export interface RunLimits {
  /**
   * Time of the thread that runs it, in milliseconds: processor time where the system tells that and the processor runs
   * the network, else time during which this process was running.
   */
  readonly timeMs: number;
  /** What it, or the opening of its session, may add to the memory of the process, in bytes. */
  readonly memoryBytes: number;
}

/** A bound that a run did not keep. */
export interface Breach<M> {
  readonly model: M;
  readonly bound: "time" | "memory";
  /** The bound: milliseconds or bytes. */
  readonly limit: number;
  /** Whether it was this model for sure; of memory it cannot be told who took it where several models run at once. */
  readonly isCertain: boolean;
}

/** A run broke a bound. It still goes on, and only the end of its process ends it. */
export class RunBroke extends Error {
  override readonly name = "RunBroke";
  readonly breach: Breach<unknown>;

  constructor(breach: Breach<unknown>) {
    super(`a run of a model took more ${breach.bound} than it may`);
    this.breach = breach;
  }
}

/** Another run of the process broke a bound, so this one is given up, too; it may be tried elsewhere. */
export class RunGivenUp extends Error {
  override readonly name = "RunGivenUp";
  readonly breach: Breach<unknown>;

  constructor(breach: Breach<unknown>) {
    super("the process that ran the model is given up");
    this.breach = breach;
  }
}

/** A thread that is about to open a session or to run it. */
export interface GuardedThread {
  readonly progress: Pick<Progress, "runs" | "processorMs">;
  /** Whether its network runs on a processor of this machine: then processor time counts. */
  readonly isOnProcessor: boolean;
  /** It opens its session, which may take longer than a run. */
  readonly isOpening: boolean;
  /** Gives up what it holds. */
  readonly giveUp: (error: RunBroke | RunGivenUp) => void;
}

/** Watches the threads of one model. */
export interface ModelGuard {
  /** From now on until it is disposed, the thread works. */
  watch(thread: GuardedThread): Disposable;
}

/** What is guarded: the same file is the same model. */
interface Guarded {
  readonly sha256: string;
}

/** Watches the runs of all models of a process. */
export interface RunGuard<M extends Guarded> {
  of(model: M): ModelGuard;
  [Symbol.dispose](): void;
}

/** How often it looks, while anything runs. */
const LOOK_MS = 25;
/** A look that comes later than this many others would have finds a process that was stopped, or starved. */
const MOST_LOOKS = 4;
/** Opening a session optimises its graph, or builds an engine for a GPU, before it runs once. */
const OPENING_FACTOR = 10;

/** Who has had so much of its time counts as one that breaks it, where another one does. */
const NEAR = 0.5;

function processorMsOfThread({ isOnProcessor, progress }: GuardedThread): number | undefined {
  return isOnProcessor ? progress.processorMs() : undefined;
}

interface Watched<M extends Guarded> extends GuardedThread {
  readonly model: M;
  runs: number;
  /** When the run began, by each clock. */
  sinceProcessorMs: number | undefined;
  sinceLivedMs: number;
  /** Memory of the process before it began. */
  bytesBefore: number;
  /** Other models ran since then. */
  inCompany: boolean;
}

/**
 * Notices the run that takes longer or more memory than it may. Nothing can end a run that is inside of the runtime but
 * the end of the process: `onBreach` is called once, after every thread has given up what it holds, and is to end it.
 */
export function createRunGuard<M extends Guarded>(
  limits: RunLimits,
  onBreach: (breach: Breach<M>) => void,
): RunGuard<M> {
  const watched = new Set<Watched<M>>();
  let timer: NodeJS.Timeout | undefined;
  let lastLook = 0;
  /** Time during which this process was running. */
  let livedMs = 0;
  let bytes = 0;
  let over: Breach<M> | undefined;

  function start(): void {
    if (timer !== undefined) return;
    lastLook = performance.now();
    bytes = process.memoryUsage.rss();
    timer = setInterval(look, LOOK_MS);
  }

  function stop(): void {
    clearInterval(timer);
    timer = undefined;
  }

  function look(): void {
    const now = performance.now();
    livedMs += Math.min(now - lastLook, MOST_LOOKS * LOOK_MS);
    lastLook = now;
    const bytesBefore = bytes;
    bytes = process.memoryUsage.rss();
    for (const thread of watched) {
      const bound = lookAt(thread, bytesBefore);
      if (bound !== undefined) {
        breach(thread, bound);
        return;
      }
    }
  }

  function lookAt(thread: Watched<M>, bytesBefore: number): Breach<M>["bound"] | undefined {
    const isAlone = [...watched].every(({ model }) => model.sha256 === thread.model.sha256);
    if (!isAlone) thread.inCompany = true;
    const { runs } = thread.progress;
    const processorMs = processorMsOfThread(thread);
    if (runs !== thread.runs) {
      Object.assign(thread, { runs, bytesBefore, inCompany: !isAlone });
      Object.assign(thread, { sinceProcessorMs: processorMs, sinceLivedMs: livedMs });
      return undefined;
    }
    if (shareOfTime(thread, processorMs) > 1) return "time";
    if (bytes - thread.bytesBefore > memoryOf(thread)) return "memory";
    return undefined;
  }

  /** How much of its time the run has had; above 1 it is too much. */
  function shareOfTime(thread: Watched<M>, processorMs: number | undefined): number {
    // The thread's number is known only when it has begun.
    thread.sinceProcessorMs ??= processorMs;
    const took =
      processorMs !== undefined && thread.sinceProcessorMs !== undefined
        ? processorMs - thread.sinceProcessorMs
        : livedMs - thread.sinceLivedMs;
    return took / (limits.timeMs * (thread.isOpening ? OPENING_FACTOR : 1));
  }

  /** Sessions of a model are opened side by side, and each has its own weights; what runs take they took then. */
  function memoryOf({ model, isOpening }: Watched<M>): number {
    if (!isOpening) return limits.memoryBytes;
    const opening = [...watched].filter(
      (other) => other.isOpening && other.model.sha256 === model.sha256,
    );
    return opening.length * limits.memoryBytes;
  }

  function breach(thread: Watched<M>, bound: Breach<M>["bound"]): void {
    stop();
    const { model, inCompany, giveUp } = thread;
    const limit = bound === "time" ? limits.timeMs : limits.memoryBytes;
    const found: Breach<M> = { model, bound, limit, isCertain: bound === "time" || !inCompany };
    over = found;
    giveUp(new RunBroke(found));
    for (const other of watched) {
      if (other === thread) continue;
      // Several that loop would else have the process end once for each, and everybody wait as often.
      const isNear = shareOfTime(other, processorMsOfThread(other)) > NEAR;
      const error = isNear
        ? new RunBroke({ model: other.model, bound: "time", limit: limits.timeMs, isCertain: true })
        : new RunGivenUp(found);
      other.giveUp(error);
    }
    onBreach(found);
  }

  return {
    of: (model) => ({
      watch(thread) {
        if (over === undefined) start();
        const entry: Watched<M> = {
          ...thread,
          model,
          runs: thread.progress.runs,
          sinceProcessorMs: thread.progress.processorMs(),
          sinceLivedMs: livedMs,
          bytesBefore: process.memoryUsage.rss(),
          inCompany: false,
        };
        if (over === undefined) watched.add(entry);
        else thread.giveUp(new RunGivenUp(over));
        return {
          [Symbol.dispose]() {
            watched.delete(entry);
            if (watched.size === 0) stop();
          },
        };
      },
    }),
    [Symbol.dispose]: stop,
  };
}
