import type { Tensor } from "onnxruntime-node";
import type { ChunkVectors } from "../session/chunk-result.ts";
import type { Decoder, PlacedPicture } from "./decoder.ts";
import type { EmbeddingManifest } from "../manifest/manifest.ts";
import { floatsOf } from "../tensors/output-tensor.ts";

/** Decodes embedders: a vector of length 1 for each picture; one that is all 0 stays so. */
export class EmbeddingDecoder implements Decoder {
  readonly #dimensions: number;
  #vectors: Float32Array[] = [];

  constructor({ output }: EmbeddingManifest) {
    this.#dimensions = output.dimensions;
  }

  add([output]: readonly Tensor[], pictures: readonly (PlacedPicture | undefined)[]): void {
    const values = floatsOf(output!);
    for (const [slot, picture] of pictures.entries()) {
      if (picture === undefined) continue;
      const own = values.subarray(slot * this.#dimensions, (slot + 1) * this.#dimensions);
      this.#vectors.push(unitVector(own));
    }
  }

  take(): ChunkVectors {
    const vectors = new Float32Array(this.#vectors.length * this.#dimensions);
    for (const [i, vector] of this.#vectors.entries()) vectors.set(vector, i * this.#dimensions);
    this.#vectors = [];
    return { task: "embedding", vectors };
  }
}

function unitVector(values: Float32Array): Float32Array {
  let squares = 0;
  for (const value of values) squares += value * value;
  const length = Math.sqrt(squares);
  if (!Number.isFinite(length)) throw new Error("its vector holds numbers that are none");
  return length === 0 ? values.slice() : values.map((value) => value / length);
}
