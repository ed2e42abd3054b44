import type { ChunkResult } from "./chunk-result.ts";
import { MESSAGE_PICTURES } from "./deal.ts";
import type { ModelPackage } from "../package/package.ts";
import { CPU, type ExecutionDevice } from "../providers/provider.ts";
import type { ModelGuard } from "../guarding/run-guard.ts";
import type { Turns } from "../providers/turns.ts";
import { SessionPool } from "./session-pool.ts";
import type { Picture, SessionRun } from "./session-protocol.ts";

export interface RunnerOptions {
  /** GPUs, each of which gets one session in a thread of its own; the processor, with `workers` threads, by default. */
  readonly devices?: readonly ExecutionDevice[] | undefined;
  /** For a provider on which two runs must not meet, shared by all its models. */
  readonly turns?: Turns | undefined;
  /** Worker threads on the processor, each with a session of its own. */
  readonly workers: number;
  /** Threads that one session uses. Workers times this should not exceed the cores. */
  readonly threadsPerWorker: number;
  /** Pictures per run where the model allows any number; 1 by default. */
  readonly tensorBatch?: number;
  /** Watches what the runs take; nobody does by default. */
  readonly guard?: ModelGuard | undefined;
  readonly signal?: AbortSignal;
  /** Hears of every run of the network, for those who count. */
  readonly onRun?: (run: SessionRun) => void;
}

/**
 * An open model, whatever its task. Sessions, pre-processing and decoding live in worker threads.
 *
 * Runs always have the same tensor shape, filled up where pictures are short, because another shape may change a
 * number's last bits.
 */
export class ModelRunner implements AsyncDisposable {
  readonly #pool: SessionPool;
  /** Pictures per run. */
  readonly slots: number;
  readonly #workers: number;

  private constructor(pool: SessionPool, tensorBatch: number, workers: number) {
    this.#pool = pool;
    this.slots = tensorBatch;
    this.#workers = workers;
  }

  /** @throws ProblemError `model-invalid` if the model cannot be run */
  static async open(
    { file, manifest }: ModelPackage,
    options: RunnerOptions,
  ): Promise<ModelRunner> {
    const {
      devices,
      turns,
      workers,
      threadsPerWorker,
      tensorBatch = 1,
      guard,
      signal,
      onRun,
    } = options;
    const { batch } = manifest.input;
    const slots = batch === "dynamic" ? tensorBatch : batch;
    const places = devices?.some(({ provider }) => provider !== "cpu")
      ? devices
      : Array.from({ length: workers }, () => CPU);
    const pool = await SessionPool.start({
      entry: new URL("./session-worker.ts", import.meta.url),
      spec: { file, manifest, tensorBatch: slots, threads: threadsPerWorker },
      places,
      turns,
      guard,
      signal,
      onRun,
    });
    return new ModelRunner(pool, slots, places.length);
  }

  /**
   * Looks at pictures. They must not change until the promise settles.
   *
   * @param signal drops the pictures that wait for a thread; those that run finish before this rejects
   * @returns results of consecutive pictures, in order; whatever the number of threads and their timing, equal calls
   * give equal numbers
   * @throws ProblemError `inference-failed` if the model fails, `shutting-down` after disposal
   */
  async run(pictures: readonly Picture[], signal?: AbortSignal): Promise<ChunkResult[]> {
    const spans = chunkSpans({ from: 0, to: pictures.length }, this.slots, this.#workers);
    // the first failure drops what still waits
    const failure = new AbortController();
    const stop = signal === undefined ? failure.signal : AbortSignal.any([signal, failure.signal]);
    const chunks = spans.map(async ({ from, to }) => {
      try {
        return await this.#pool.run({ pictures: pictures.slice(from, to) }, stop);
      } catch (error) {
        failure.abort(error);
        throw error;
      }
    });
    // not Promise.all: whoever owns the pictures may reuse them once this settles, so nothing may still read them
    const settled = await Promise.allSettled(chunks);
    return settled.map((result) => {
      if (result.status === "rejected") throw result.reason;
      return result.value;
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#pool[Symbol.asyncDispose]();
  }
}

/** Cuts a range into chunks that are whole runs of the model but for the last, at least one per thread if possible. */
export function chunkSpans(
  { from, to }: { readonly from: number; readonly to: number },
  tensorBatch: number,
  workers: number,
): { from: number; to: number }[] {
  const runs = Math.ceil((to - from) / tensorBatch);
  const runsPerChunk = Math.max(
    1,
    Math.min(Math.floor(MESSAGE_PICTURES / tensorBatch), Math.ceil(runs / workers)),
  );
  const spans: { from: number; to: number }[] = [];
  for (let first = from; first < to; first += runsPerChunk * tensorBatch) {
    spans.push({ from: first, to: Math.min(first + runsPerChunk * tensorBatch, to) });
  }
  return spans;
}
