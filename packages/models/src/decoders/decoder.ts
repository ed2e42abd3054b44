import type { Letterbox } from "@framequeue/vision";
import type { Tensor } from "onnxruntime-node";
import type { ChunkResult } from "../session/chunk-result.ts";

/** A picture that was in a run: where in the input it lay, and from which score on its results count. */
export interface PlacedPicture {
  readonly plan: Letterbox;
  readonly minScore: number;
}

/** Turns the outputs of runs into a chunk's result. Each family of models has one; it is used by one session alone. */
export interface Decoder {
  /**
   * Adds what the pictures of one run show.
   *
   * @param outputs of the whole run, in the order of the manifest's `output.names`
   * @param pictures by the slot that they are in; what a slot without one gave is not looked at. A run may be shared:
   * then its pictures come in several calls, each with those of one chunk
   * @throws Error whose message is a clause, if what they hold contradicts the manifest; their shapes were checked
   */
  add(outputs: readonly Tensor[], pictures: readonly (PlacedPicture | undefined)[]): void;
  /** All that was added since the last call, in arrays of its own. */
  take(): ChunkResult;
}
