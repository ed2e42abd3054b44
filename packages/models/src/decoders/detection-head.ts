import type { Candidates } from "./candidates.ts";
import { SelectedHead, TableHead } from "./finished-heads.ts";
import type { BoxManifest } from "../manifest/manifest.ts";
import type { OutputTensor } from "../tensors/output-tensor.ts";
import { QueryHead } from "./query-head.ts";
import { SsdHead } from "./ssd-head.ts";
import { Yolov5Head, Yolov8Head } from "./yolo-heads.ts";
import { YoloxHead } from "./yolox.ts";

/** What a family of detectors puts out, read as candidates: boxes in input pixels that may still overlap. */
export interface DetectionHead {
  /** Adds the candidates of one picture that reach the score. */
  read(outputs: readonly OutputTensor[], slot: number, minScore: number, into: Candidates): void;
}

export function createHead({ input, output, labels }: BoxManifest): DetectionHead {
  switch (output.decoder) {
    case "yolox":
      return new YoloxHead(input, output, labels.length);
    case "yolov5":
      return new Yolov5Head(labels.length);
    case "yolov8":
      return new Yolov8Head(labels.length, output.layout);
    case "queries":
      return new QueryHead(input, output);
    case "ssd":
      return new SsdHead(input, output);
    case "selected":
      return new SelectedHead(input, output);
    case "table":
      return new TableHead(input, output);
  }
}
