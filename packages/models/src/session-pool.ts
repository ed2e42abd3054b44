import { ProblemError } from "@framequeue/contracts";
import type { ChunkResult } from "./chunk-result.ts";
import type { Chunk, SessionSpec } from "./session-protocol.ts";
import { SessionThread } from "./session-thread.ts";

/** Chunks that a thread may hold: one that runs and one that waits, so that it never idles between two. */
const CHUNKS_PER_THREAD = 2;

export interface PoolOptions {
  /** The module that the threads run. */
  readonly entry: URL;
  readonly spec: SessionSpec;
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
}

interface Queued {
  readonly chunk: Chunk;
  readonly settle: PromiseWithResolvers<ChunkResult>;
  readonly stopListening: () => void;
}

/**
 * Deals chunks, first come first served, to threads that each hold a session of the same model.
 *
 * A thread that crashes fails the chunks it held and is replaced; if its replacement cannot start, the pool goes on
 * with those left, and without any fails every chunk.
 */
export class SessionPool implements AsyncDisposable {
  readonly #entry: URL;
  readonly #spec: SessionSpec;
  readonly #threads = new Set<SessionThread>();
  readonly #queue: Queued[] = [];
  readonly #starting = new Set<Promise<void>>();
  #closed: Promise<void> | undefined;

  private constructor({ entry, spec }: PoolOptions) {
    this.#entry = entry;
    this.#spec = spec;
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
    const started = await Promise.allSettled(
      Array.from({ length: options.threads }, () => pool.#addThread()),
    );
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
      this.#queue.splice(this.#queue.indexOf(entry), 1);
      settle.reject(signal?.reason);
    };
    const stopListening = (): void => signal?.removeEventListener("abort", drop);
    const entry: Queued = { chunk, settle, stopListening };
    signal?.addEventListener("abort", drop, { once: true });
    this.#queue.push(entry);
    this.#deal();
    return settle.promise;
  }

  /** Fails the chunks that wait, lets those that run finish, and ends the threads. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#failQueued(new ProblemError("shutting-down", "The detector is shutting down."));
    await Promise.allSettled(this.#starting);
    await Promise.all([...this.#threads].map((thread) => thread.stop()));
  }

  async #addThread(): Promise<void> {
    const thread = await SessionThread.start(this.#entry, this.#spec);
    this.#threads.add(thread);
    void thread.ended.then(() => {
      this.#threads.delete(thread);
      if (this.#closed === undefined) this.#replaceThread();
    });
  }

  #replaceThread(): void {
    const start = this.#addThread()
      // a model that no longer starts is reported by the chunks that find no thread
      .catch(() => {})
      .then(() => {
        this.#starting.delete(start);
        this.#deal();
      });
    this.#starting.add(start);
  }

  #deal(): void {
    if (this.#closed !== undefined) {
      this.#failQueued(new ProblemError("shutting-down", "The detector is shutting down."));
      return;
    }
    while (this.#queue.length > 0) {
      const thread = this.#leastBusy();
      if (thread === undefined) break;
      const { chunk, settle, stopListening } = this.#queue.shift()!;
      stopListening();
      settle.resolve(thread.run(chunk).finally(() => this.#deal()));
    }
    if (this.#threads.size === 0 && this.#starting.size === 0) {
      this.#failQueued(
        new ProblemError("inference-failed", "Every thread that ran the model was lost."),
      );
    }
  }

  #leastBusy(): SessionThread | undefined {
    let best: SessionThread | undefined;
    for (const thread of this.#threads) {
      if (!thread.alive || thread.outstanding >= CHUNKS_PER_THREAD) continue;
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
