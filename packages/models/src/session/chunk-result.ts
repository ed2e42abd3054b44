import type { SeenField } from "@framequeue/contracts";

type Counts = Int32Array<ArrayBuffer>;
type Floats = Float32Array<ArrayBuffer>;
type Ids = Int32Array<ArrayBuffer>;

/** Masks one after the other, each as COCO's runs: `runCounts[i]` of the `runs` belong to mask `i`. */
export interface ChunkMasks {
  readonly runCounts: Int32Array<ArrayBuffer>;
  readonly runs: Uint32Array<ArrayBuffer>;
}

/** What is known of each detection beside its box: `counts[i]` of the `values` belong to detection `i`. */
export interface ChunkField {
  readonly counts: Counts;
  readonly values: SeenValues;
}
export type SeenValues = Uint32Array<ArrayBuffer> | Floats;

/** What was found in a chunk's pictures, one after the other; `counts[i]` belong to picture `i`. */
export interface ChunkObjects {
  readonly task: "objects";
  readonly counts: Counts;
  /** `[n, 4]`: x1, y1, x2, y2 in source pixels. */
  readonly boxes: Floats;
  readonly scores: Floats;
  readonly classIds: Ids;
  /** By the field of rows that the task makes of it. */
  readonly fields: { readonly [K in SeenField]?: ChunkField };
}

/** The classes that a chunk's pictures show, each with its mask in source pixels. */
export interface ChunkAreas extends ChunkMasks {
  readonly task: "semantic-segmentation";
  readonly counts: Counts;
  readonly classIds: Ids;
}

/** The labels of a chunk's pictures, the best of each first. */
export interface ChunkLabels {
  readonly task: "classification";
  readonly counts: Counts;
  readonly scores: Floats;
  readonly classIds: Ids;
}

/** `[pictures, dimensions]`, each of length 1. */
export interface ChunkVectors {
  readonly task: "embedding";
  readonly vectors: Floats;
}

/** Pictures in the size of the model's output, without the padding of its input, one after the other. */
export interface ChunkImages {
  readonly task: "image-to-image";
  /** `[pictures, 2]`: width and height. */
  readonly sizes: Int32Array<ArrayBuffer>;
  /** Per picture its planes: green, blue and red, or brightness alone. */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** What a thread answers for a chunk: arrays over all its pictures, which move between threads without a copy. */
export type ChunkResult = ChunkObjects | ChunkAreas | ChunkLabels | ChunkVectors | ChunkImages;

/** The buffers of a result, to be transferred with it. */
export function buffersOf(result: object): ArrayBuffer[] {
  return Object.values(result).flatMap((value: unknown) => {
    if (ArrayBuffer.isView(value)) return [value.buffer as ArrayBuffer];
    return typeof value === "object" && value !== null ? buffersOf(value) : [];
  });
}
