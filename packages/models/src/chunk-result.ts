/** The detections of a chunk's pictures one after the other; `counts[i]` belong to picture `i`. */
export interface ChunkDetections {
  readonly task: "detection";
  readonly counts: Int32Array<ArrayBuffer>;
  /** `[n, 4]`: x1, y1, x2, y2 in source pixels. */
  readonly boxes: Float32Array<ArrayBuffer>;
  readonly scores: Float32Array<ArrayBuffer>;
  readonly classIds: Int32Array<ArrayBuffer>;
}

/** What a thread answers for a chunk: arrays over all its pictures, which move between threads without a copy. */
export type ChunkResult = ChunkDetections;

/** The buffers of a result, to be transferred with it. */
export function buffersOf(result: ChunkResult): ArrayBuffer[] {
  return Object.values(result).flatMap((value: unknown) =>
    ArrayBuffer.isView(value) ? [value.buffer as ArrayBuffer] : [],
  );
}
