import { checkObjects } from "../checking/plausibility.ts";
import { anchorCount } from "../decoders/anchors.ts";
import { DetectionDecoder } from "../decoders/detection-decoder.ts";
import type { DetectionManifest } from "../manifest/manifest.ts";
import {
  type Extent,
  FLOAT,
  NUMBERS,
  tensors,
  type WantedTensor,
  withoutBatch,
} from "../tensors/wanted-tensors.ts";
import type { TaskRun } from "./task-run.ts";

/** Boxes of objects. */
export const detection: TaskRun<DetectionManifest> = {
  outputs: detectionOutputs,
  decoder: (manifest) => new DetectionDecoder(manifest),
  check: checkObjects,
};

function detectionOutputs(manifest: DetectionManifest, slots: Extent): WantedTensor[] {
  const { input, output, labels } = manifest;
  const classes = labels.length;
  switch (output.decoder) {
    case "yolox": {
      const anchors = anchorCount(input.width, input.height, output.strides);
      return tensors(manifest, [FLOAT, slots, anchors, 5 + classes]);
    }
    case "yolov5":
      return tensors(manifest, [FLOAT, slots, "any", 5 + classes]);
    case "yolov8": {
      const numbers = 4 + classes + (output.unread ?? 0);
      return output.layout === "rows"
        ? tensors(manifest, [FLOAT, slots, "any", numbers])
        : tensors(manifest, [FLOAT, slots, numbers, "any"]);
    }
    case "queries": {
      const logits = output.activation === "softmax" ? classes + 1 : classes;
      return tensors(manifest, [FLOAT, slots, "any", logits], [FLOAT, slots, "any", 4]);
    }
    case "ssd": {
      const scores = output.background ? classes + 1 : classes;
      return tensors(manifest, [FLOAT, slots, "any", scores], [FLOAT, slots, "any", 4]);
    }
    case "selected": {
      const wanted = tensors(
        manifest,
        [FLOAT, slots, "any", 4],
        [FLOAT, slots, "any"],
        [NUMBERS, slots, "any"],
      );
      const single = wanted.map((each) => withoutBatch(each, slots));
      if (output.count === undefined) return single;
      const shapes = [[slots], [slots, 1]];
      return [...single, { at: "output.count", name: output.count, types: NUMBERS, shapes }];
    }
    case "table": {
      const columns = output.columns.length;
      const shape = output.columns.includes("image") ? ["any" as const] : [slots, "any" as const];
      const [wanted] = tensors(manifest, [FLOAT, ...shape, columns]);
      return [output.columns.includes("image") ? wanted! : withoutBatch(wanted!, slots)];
    }
  }
}
