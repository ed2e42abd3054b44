import type { BoxEncoding, DetectionOutput, InstanceOutput } from "./manifest-output.ts";

// What follows from a manifest. Apart from its schema, so that inference threads need not load that: each would have a
// heap three times as large to collect.

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
