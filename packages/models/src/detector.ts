import type { Size } from "@framequeue/vision";
import { letterbox } from "@framequeue/vision";
import type { ModelPackage } from "./package.ts";
import { SessionPool } from "./session-pool.ts";
import type { Chunk, ChunkResult } from "./session-protocol.ts";
import type { FrameDetections } from "./yolox.ts";

/** Frames per chunk: few enough that threads end a batch together, many enough that messages cost nothing. */
const CHUNK_FRAMES = 4;

/** Consecutive pictures in shared memory: per picture a green, a blue and a red plane, no padding anywhere. */
export interface PlanarFrames {
  readonly data: SharedArrayBuffer;
  /** Where the first picture starts. */
  readonly byteOffset: number;
  readonly width: number;
  readonly height: number;
  readonly layout: "gbrp";
  readonly frames: number;
}

export interface DetectOptions {
  /** Least score of a detection, 0 to 1, instead of the manifest's threshold. */
  readonly minScore?: number;
  /** Frames that wait for a thread are dropped; those that run finish before `detect` rejects. */
  readonly signal?: AbortSignal;
}

export interface Detector extends AsyncDisposable {
  readonly package: ModelPackage;
  readonly labels: readonly string[];
  /**
   * The size in which this model wants a source's frames: scaled to fit its input, without padding; the whole input
   * where the model stretches.
   */
  frameSize(source: Size): Size;
  /**
   * Detects on the frames `range.from` to, exclusively, `range.to`. The frames must not change until the promise
   * settles. The result has one entry per frame, in order, whatever the number of threads and their timing; equal
   * calls give equal numbers.
   *
   * @param frames in `frameSize(source)`
   * @param source size of the pictures before scaling; boxes come in its pixels
   * @throws RangeError if the frames are not of that size or the range lies outside them
   * @throws ProblemError `inference-failed` if the model fails, `shutting-down` after disposal
   */
  detect(
    frames: PlanarFrames,
    range: { readonly from: number; readonly to: number },
    source: Size,
    options?: DetectOptions,
  ): Promise<FrameDetections[]>;
}

export interface DetectorOptions {
  /** Worker threads, each with a session of its own. */
  readonly workers: number;
  /** Threads that one session uses. Workers times this should not exceed the cores. */
  readonly threadsPerWorker: number;
  /** Pictures per run where the model allows any number; 1 by default. */
  readonly tensorBatch?: number;
  readonly signal?: AbortSignal;
}

/**
 * Opens a model for detection. Sessions, pre-processing and decoding live in worker threads.
 *
 * Runs always have the same tensor shape, filled up where frames are short, because another shape may change a
 * number's last bits.
 *
 * @throws ProblemError `model-invalid` if the model cannot be run
 */
export async function createDetector(
  model: ModelPackage,
  options: DetectorOptions,
): Promise<Detector> {
  const { manifest } = model;
  const { input, labels, thresholds } = manifest;
  const tensorBatch = input.batch === "dynamic" ? (options.tensorBatch ?? 1) : input.batch;
  const { workers, threadsPerWorker } = options;
  const pool = await SessionPool.start({
    entry: new URL("./session-worker.ts", import.meta.url),
    spec: {
      file: model.file,
      manifest,
      tensorBatch,
      threads: threadsPerWorker,
    },
    threads: workers,
    signal: options.signal,
  });
  const frameSize = (source: Size): Size =>
    letterbox(source, input, input.placement, input.fit).content;
  return {
    package: model,
    labels,
    frameSize,
    async detect(frames, range, source, { minScore = thresholds.score, signal } = {}) {
      check(frames, range, frameSize(source));
      const { data, byteOffset, width, height } = frames;
      const spans = chunkSpans(range, tensorBatch, workers);
      // the first failure drops what still waits
      const failure = new AbortController();
      const stop =
        signal === undefined ? failure.signal : AbortSignal.any([signal, failure.signal]);
      const chunks = spans.map(async ({ from, to }) => {
        const chunk: Chunk = { data, byteOffset, width, height, from, to, source, minScore };
        try {
          return await pool.run(chunk, stop);
        } catch (error) {
          failure.abort(error);
          throw error;
        }
      });
      // not Promise.all: whoever owns the frames may reuse them once this settles, so nothing may still read them
      const settled = await Promise.allSettled(chunks);
      return settled.flatMap((result) => {
        if (result.status === "rejected") throw result.reason;
        return perFrame(result.value);
      });
    },
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

function check(
  { width, height, byteOffset, data, frames }: PlanarFrames,
  { from, to }: { from: number; to: number },
  wanted: Size,
): void {
  if (width !== wanted.width || height !== wanted.height) {
    throw new RangeError(
      `the model needs frames of ${wanted.width}x${wanted.height}, these are ${width}x${height}`,
    );
  }
  if (byteOffset + 3 * width * height * frames > data.byteLength) {
    throw new RangeError(`the buffer is too short for ${frames} frames`);
  }
  const whole = Number.isSafeInteger(from) && Number.isSafeInteger(to);
  if (!(whole && 0 <= from && from <= to && to <= frames)) {
    throw new RangeError(`${from} to ${to} is no range of the ${frames} frames given`);
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
    Math.min(Math.floor(CHUNK_FRAMES / tensorBatch), Math.ceil(runs / workers)),
  );
  const spans: { from: number; to: number }[] = [];
  for (let first = from; first < to; first += runsPerChunk * tensorBatch) {
    spans.push({ from: first, to: Math.min(first + runsPerChunk * tensorBatch, to) });
  }
  return spans;
}

function perFrame({ counts, boxes, scores, classIds }: ChunkResult): FrameDetections[] {
  let at = 0;
  return Array.from(counts, (count) => {
    const first = at;
    at += count;
    return {
      boxes: boxes.slice(4 * first, 4 * at),
      scores: scores.slice(first, at),
      classIds: classIds.slice(first, at),
    };
  });
}
