import type { Region, Size } from "@framequeue/vision";
import type { ChunkResult } from "./chunk-result.ts";
import type { ModelManifest } from "../manifest/manifest.ts";
import type { ExecutionDevice } from "../providers/provider.ts";

/** What a worker thread needs to open its session: its `workerData`. */
export interface SessionSpec {
  readonly file: string;
  readonly manifest: ModelManifest;
  /** Pictures per run. */
  readonly tensorBatch: number;
  /** Threads of the processor that one run may use. */
  readonly threads: number;
  /** Where the session is opened. */
  readonly on: ExecutionDevice;
  /** Where the thread writes how far it is; see `Progress`. */
  readonly progress?: Int32Array<SharedArrayBuffer> | undefined;
}

/**
 * A `gbrp` picture in shared memory. Whatever its size is: it is scaled where that is not the size in which the model
 * wants it.
 */
export interface Picture extends Size {
  readonly data: SharedArrayBuffer;
  /** Where its green plane starts. */
  readonly byteOffset: number;
  /** The part of it that is looked at; all of it by default. */
  readonly region?: Region;
  /** Size of the picture, or of its part, before scaling: results come in its pixels. */
  readonly source: Size;
  /** Least score of a result. */
  readonly minScore: number;
}

/** Pictures of one caller that are answered together. They may lie in different buffers. */
export interface Chunk {
  readonly pictures: readonly Picture[];
}

export interface NumberedChunk extends Chunk {
  readonly id: number;
}

/** One run of the network. */
export interface SessionRun {
  readonly seconds: number;
  /** Pictures that were wanted of it. */
  readonly frames: number;
  /** Pictures that its tensor holds. */
  readonly slots: number;
}

export type ToWorker =
  /** Chunks that share runs; each is answered on its own. */
  | { readonly type: "chunks"; readonly chunks: readonly NumberedChunk[] }
  /** Finish what was sent before, release the session, end. */
  | { readonly type: "stop" };

export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "unusable"; readonly reason: string; readonly isMisread: boolean }
  /** What runs have ended with: answers for chunks that are through, and the runs, for those who count. */
  | {
      readonly type: "answers";
      readonly answers: readonly ChunkAnswer[];
      readonly runs: readonly SessionRun[];
    };

export type ChunkAnswer =
  | { readonly id: number; readonly result: ChunkResult }
  /** `isMisread`: not the frame is at fault but the manifest, which cannot mean what the model gives. */
  | { readonly id: number; readonly reason: string; readonly isMisread: boolean };
