import { SelectedHead, TableHead } from "./finished-heads.ts";
import type { BoxManifest } from "../manifest/manifest.ts";
import { QueryHead } from "./query-head.ts";
import { SsdHead } from "./ssd-head.ts";
import { Yolov5Head, Yolov8Head } from "./yolo-heads.ts";
import { YoloxHead } from "./yolox.ts";
import type { DetectionHead } from "./detection-head.ts";

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
