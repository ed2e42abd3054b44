import { EmbeddingDecoder } from "../decoders/embedding-decoder.ts";
import type { EmbeddingManifest } from "../manifest/manifest.ts";
import { FLOAT, squeezable, tensors } from "../tensors/wanted-tensors.ts";
import type { TaskRun } from "./task-run.ts";

/** A vector for each picture. */
export const embedding: TaskRun<EmbeddingManifest> = {
  outputs: (manifest, slots) =>
    tensors(manifest, [FLOAT, slots, manifest.output.dimensions]).map(squeezable),
  decoder: (manifest) => new EmbeddingDecoder(manifest),
};
