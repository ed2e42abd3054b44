import type { Size } from "@framequeue/vision";
import type { ModelManifest } from "./manifest.ts";

/** What a worker thread needs to open its session: its `workerData`. */
export interface SessionSpec {
  readonly file: string;
  readonly manifest: ModelManifest;
  /** Pictures per run. */
  readonly tensorBatch: number;
  /** Threads that one run may use. */
  readonly threads: number;
}

/** Consecutive `gbrp` pictures in shared memory, content only, and which of them to look at. */
export interface Chunk {
  readonly data: SharedArrayBuffer;
  readonly byteOffset: number;
  readonly width: number;
  readonly height: number;
  /** First picture, from 0. */
  readonly from: number;
  /** The picture after the last one. */
  readonly to: number;
  readonly source: Size;
  readonly minScore: number;
}

/** The detections of a chunk's pictures one after the other; `counts[i]` belong to picture `i`. */
export interface ChunkResult {
  readonly counts: Int32Array<ArrayBuffer>;
  readonly boxes: Float32Array<ArrayBuffer>;
  readonly scores: Float32Array<ArrayBuffer>;
  readonly classIds: Int32Array<ArrayBuffer>;
}

export type ToWorker =
  | { readonly type: "chunk"; readonly id: number; readonly chunk: Chunk }
  /** Finish what was sent before, release the session, end. */
  | { readonly type: "stop" };

export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "unusable"; readonly reason: string }
  | { readonly type: "done"; readonly id: number; readonly result: ChunkResult }
  | { readonly type: "failed"; readonly id: number; readonly reason: string };
