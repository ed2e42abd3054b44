import type { Letterbox } from "@framequeue/vision";
import type { Tensor } from "onnxruntime-node";
import type { ChunkResult } from "../session/chunk-result.ts";
import { ClassificationDecoder } from "./classification-decoder.ts";
import { DetectionDecoder } from "./detection-decoder.ts";
import { EmbeddingDecoder } from "./embedding-decoder.ts";
import { ImageDecoder } from "./image-decoder.ts";
import type { ModelManifest } from "../manifest/manifest.ts";
import { SemanticDecoder } from "./semantic-decoder.ts";

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

export function createDecoder(manifest: ModelManifest): Decoder {
  switch (manifest.task) {
    case "detection":
    case "instance-segmentation":
      return new DetectionDecoder(manifest);
    case "semantic-segmentation":
      return new SemanticDecoder(manifest);
    case "classification":
      return new ClassificationDecoder(manifest);
    case "embedding":
      return new EmbeddingDecoder(manifest);
    case "image-to-image":
      return new ImageDecoder(manifest);
  }
}
