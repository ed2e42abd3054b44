import { ProblemError } from "@framequeue/contracts";
import type { ChunkResult } from "./chunk-result.ts";
import type { ModelGuard } from "../guarding/run-guard.ts";
import { nextDeal, type WaitingChunk } from "./deal.ts";
import type { ExecutionDevice } from "../providers/provider.ts";
import type { Turns } from "../providers/turns.ts";
import type { Chunk, SessionRun, SessionSpec } from "./session-protocol.ts";
import { failed, SessionThread, ThreadLost } from "./session-thread.ts";

/** Deals that a thread may hold: one that runs and one that waits, so that it never idles between two. */
const DEALS_PER_THREAD = 2;
/** How long a run that is not full waits for more pictures, at least; … */
const LEAST_WAIT_MS = 4;
/** … and as a share of the time that a run takes, full or not: a fuller one is worth more than an early one. */
const WAIT_SHARE = 0.25;
/** Weight of the newest run in that time. */
const NEWEST = 0.2;

export interface PoolOptions {
  /** The module that the threads run. */
  readonly entry: URL;
  readonly spec: Omit<SessionSpec, "on">;
  /** One thread for each. */
  readonly places: readonly ExecutionDevice[];
  readonly turns?: Turns | undefined;
  readonly guard?: ModelGuard | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onRun?: ((run: SessionRun) => void) | undefined;
}

interface Queued extends WaitingChunk {
  readonly chunk: Chunk;
  readonly settle: PromiseWithResolvers<ChunkResult>;
  readonly stopListening: () => void;
}

/**
 * Deals chunks, first come first served, to threads that each hold a session of the same model. Chunks of several
 * callers may share a run; see {@link nextDeal}.
 *
 * A thread that crashes is replaced, and each of the chunks it held is tried once more, in no run with others, so that
 * the one at fault fails alone. If the replacement cannot start, the pool goes on with the threads left, and without any
 * fails every chunk.
 */
export class SessionPool implements AsyncDisposable {
  readonly #options: PoolOptions;
  readonly #threads = new Set<SessionThread>();
  readonly #queue: Queued[] = [];
  readonly #starting = new Set<Promise<void>>();
  #runMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  private constructor(options: PoolOptions) {
    this.#options = options;
  }

  /**
   * Resolves when every thread is ready.
   *
   * @throws ProblemError `model-invalid` if a thread cannot start, and the signal's reason if it aborts; no thread is
   * left then
   */
  static async start(options: PoolOptions): Promise<SessionPool> {
    options.signal?.throwIfAborted();
    const pool = new SessionPool(options);
    const started = await Promise.allSettled(options.places.map((on) => pool.#addThread(on)));
    const failure = started.find((result) => result.status === "rejected");
    if (failure !== undefined || options.signal?.aborted === true) {
      await pool[Symbol.asyncDispose]();
      options.signal?.throwIfAborted();
      throw failure?.reason;
    }
    return pool;
  }

  /**
   * @throws ProblemError `inference-failed`, `shutting-down`, or the signal's reason if it aborts while the chunk still
   * waits for a thread; a chunk that a thread has already got finishes
   */
  run(chunk: Chunk, signal?: AbortSignal): Promise<ChunkResult> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    const settle = Promise.withResolvers<ChunkResult>();
    const drop = (): void => {
      const at = this.#queue.findIndex((waiting) => waiting.settle === settle);
      if (at === -1) return;
      this.#queue.splice(at, 1);
      settle.reject(signal?.reason);
    };
    signal?.addEventListener("abort", drop, { once: true });
    this.#queue.push({
      chunk,
      pictures: chunk.pictures.length,
      alone: false,
      since: performance.now(),
      settle,
      stopListening: () => signal?.removeEventListener("abort", drop),
    });
    this.#deal();
    return settle.promise;
  }

  /** Fails the chunks that wait, lets those that run finish, and ends the threads. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#failQueued(shuttingDown());
    await Promise.allSettled(this.#starting);
    await Promise.all([...this.#threads].map((thread) => thread.stop()));
  }

  async #addThread(on: ExecutionDevice): Promise<void> {
    const { entry, spec, turns, guard, onRun } = this.#options;
    const thread = await SessionThread.start({ entry, spec: { ...spec, on }, turns, guard, onRun });
    this.#threads.add(thread);
    void thread.ended.then(() => {
      this.#threads.delete(thread);
      if (this.#closed === undefined) this.#replaceThread(on);
    });
  }

  #replaceThread(on: ExecutionDevice): void {
    const start = this.#addThread(on)
      // a model that no longer starts is reported by the chunks that find no thread
      .catch(() => {})
      .then(() => {
        this.#starting.delete(start);
        this.#deal();
      });
    this.#starting.add(start);
  }

  #deal(): void {
    clearTimeout(this.#timer);
    if (this.#closed !== undefined) {
      this.#failQueued(shuttingDown());
      return;
    }
    while (this.#queue.length > 0) {
      const thread = this.#leastBusy();
      if (thread === undefined) break;
      const deal = nextDeal(this.#queue, {
        slots: this.#options.spec.tensorBatch,
        threads: this.#options.places.length,
        idle: thread.outstanding === 0,
        waitMs: Math.max(LEAST_WAIT_MS, WAIT_SHARE * this.#runMs),
        now: performance.now(),
      });
      if ("waitMs" in deal) {
        if (deal.waitMs < Infinity) this.#timer = setTimeout(() => this.#deal(), deal.waitMs);
        break;
      }
      this.#give(thread, this.#queue.splice(0, deal.take));
    }
    if (this.#threads.size === 0 && this.#starting.size === 0) {
      this.#failQueued(
        new ProblemError("inference-failed", "Every thread that ran the model was lost."),
      );
    }
  }

  #give(thread: SessionThread, dealt: readonly Queued[]): void {
    const isIdle = thread.outstanding === 0;
    const started = performance.now();
    const { answers, finished } = thread.run(dealt.map(({ chunk }) => chunk));
    for (const [i, queued] of dealt.entries()) {
      answers[i]!.then(
        (result) => this.#settle(queued, () => queued.settle.resolve(result)),
        (error: unknown) => {
          if (error instanceof ThreadLost && !queued.alone) {
            this.#queue.unshift({ ...queued, alone: true });
            return;
          }
          const reason = error instanceof ThreadLost ? failed(error.message) : error;
          this.#settle(queued, () => queued.settle.reject(reason));
        },
      );
    }
    void finished.then(() => {
      // behind another it would have waited besides
      if (isIdle) this.#runMs += NEWEST * (performance.now() - started - this.#runMs);
      this.#deal();
    });
  }

  #settle({ stopListening }: Queued, how: () => void): void {
    stopListening();
    how();
  }

  #leastBusy(): SessionThread | undefined {
    let best: SessionThread | undefined;
    for (const thread of this.#threads) {
      if (!thread.alive || thread.outstanding >= DEALS_PER_THREAD) continue;
      if (best === undefined || thread.outstanding < best.outstanding) best = thread;
    }
    return best;
  }

  #failQueued(error: Error): void {
    for (const { settle, stopListening } of this.#queue.splice(0)) {
      stopListening();
      settle.reject(error);
    }
  }
}

function shuttingDown(): ProblemError {
  return new ProblemError("shutting-down", "The detector is shutting down.");
}
