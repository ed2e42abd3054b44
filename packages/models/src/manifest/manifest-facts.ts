import type { ModelManifest } from "./manifest.ts";
import type { BoxEncoding, DetectionOutput, InstanceOutput } from "./manifest-output.ts";

// What follows from a manifest. Apart from its schema, so that inference threads need not load that: each would have a
// heap three times as large to collect.

/** Characters of the name of an input or an output: exporters write whole paths. */
export const MOST_TENSOR_NAME = 1_000;

/** Channels of each order. `luma`: brightness alone, .299 red + .587 green + .114 blue. */
export const CHANNEL_COUNT = { rgb: 3, bgr: 3, luma: 1 } as const;

/** From which score on results count, where nobody says otherwise. */
export function leastScore(manifest: ModelManifest): number {
  return "thresholds" in manifest ? manifest.thresholds.score : 0;
}

/** Families whose boxes overlap until they are suppressed. */
export function needsSuppression({ decoder }: DetectionOutput | InstanceOutput): boolean {
  switch (decoder) {
    case "yolox":
    case "yolov5":
    case "yolov8":
    case "ssd":
      return true;
    case "queries":
    case "selected":
    case "table":
      return false;
  }
}

/** The space in which a model gives its boxes. */
export function boxSpace(output: DetectionOutput | InstanceOutput): BoxEncoding["space"] {
  switch (output.decoder) {
    case "yolox":
    case "yolov5":
    case "yolov8":
      return "input";
    case "queries":
      return "share";
    case "ssd":
    case "selected":
      return output.boxes.space;
    case "table":
      return output.space;
  }
}
