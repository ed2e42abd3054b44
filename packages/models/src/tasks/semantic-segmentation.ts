import { SemanticDecoder } from "../decoders/semantic-decoder.ts";
import type { SemanticManifest } from "../manifest/manifest.ts";
import {
  type Extent,
  FLOAT,
  NUMBERS,
  tensors,
  type WantedTensor,
} from "../tensors/wanted-tensors.ts";
import type { TaskRun } from "./task-run.ts";

/** A class for each pixel. */
export const semanticSegmentation: TaskRun<SemanticManifest> = {
  outputs: (manifest, slots) => [semanticOutput(manifest, slots)],
  decoder: (manifest) => new SemanticDecoder(manifest),
};

function semanticOutput(manifest: SemanticManifest, slots: Extent): WantedTensor {
  const { gives, layout } = manifest.output;
  const classes = manifest.labels.length;
  if (gives === "scores") {
    return layout === "nhwc"
      ? tensors(manifest, [FLOAT, slots, "any", "any", classes])[0]!
      : tensors(manifest, [FLOAT, slots, classes, "any", "any"])[0]!;
  }
  const [wanted] = tensors(manifest, [NUMBERS, slots, "any", "any"]);
  return { ...wanted!, shapes: [...wanted!.shapes, [slots, 1, "any", "any"]] };
}
