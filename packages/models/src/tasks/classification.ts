import { checkScores } from "../checking/plausibility.ts";
import { ClassificationDecoder } from "../decoders/classification-decoder.ts";
import type { ClassificationManifest } from "../manifest/manifest.ts";
import { FLOAT, squeezable, tensors } from "../tensors/wanted-tensors.ts";
import type { TaskRun } from "./task-run.ts";

/** Labels of a picture. */
export const classification: TaskRun<ClassificationManifest> = {
  outputs: (manifest, slots) =>
    tensors(manifest, [FLOAT, slots, manifest.labels.length]).map(squeezable),
  decoder: (manifest) => new ClassificationDecoder(manifest),
  check: checkScores,
};
