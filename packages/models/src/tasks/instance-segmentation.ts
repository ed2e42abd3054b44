import { runsToText } from "@framequeue/vision";
import { checkObjects } from "../checking/plausibility.ts";
import { DetectionDecoder } from "../decoders/detection-decoder.ts";
import type { InstanceManifest } from "../manifest/manifest.ts";
import {
  type Extent,
  FLOAT,
  NUMBERS,
  tensors,
  type WantedTensor,
  withoutBatch,
} from "../tensors/wanted-tensors.ts";
import type { TaskRun } from "./task-run.ts";

/** Boxes of objects, each with its mask. */
export const instanceSegmentation: TaskRun<InstanceManifest> = {
  outputs: instanceOutputs,
  decoder: (manifest) => new DetectionDecoder(manifest),
  fields: {
    masks: (runs, { width, height }) => ({ size: [height, width], counts: runsToText(runs) }),
  },
  check: checkObjects,
};

function instanceOutputs(manifest: InstanceManifest, slots: Extent): WantedTensor[] {
  const { output } = manifest;
  const prototypes = [FLOAT, slots, "any", "any", "any"] as const;
  switch (output.decoder) {
    // the number of coefficients is not in the manifest
    case "yolov5":
      return tensors(manifest, [FLOAT, slots, "any", "any"], [...prototypes]);
    case "yolov8":
      return tensors(manifest, [FLOAT, slots, "any", "any"], [...prototypes]);
    case "selected": {
      const [boxes, scores, found, masks] = tensors(
        manifest,
        [FLOAT, slots, "any", 4],
        [FLOAT, slots, "any"],
        [NUMBERS, slots, "any"],
        [FLOAT, slots, "any", "any", "any"],
      );
      const single = [boxes!, scores!, found!].map((each) => withoutBatch(each, slots));
      const alone: Extent[][] = [
        ["any", 1, "any", "any"],
        ["any", "any", "any"],
      ];
      const shapes = slots === 1 ? [...masks!.shapes, ...alone] : masks!.shapes;
      return [...single, { ...masks!, shapes }];
    }
  }
}
