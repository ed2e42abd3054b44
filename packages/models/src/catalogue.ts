import { COCO_LABELS } from "./coco-labels.ts";
import type { ModelManifest } from "./manifest.ts";

/** A model that can be fetched by its name. */
export interface CatalogueEntry {
  readonly name: string;
  /** Pinned to one version: what it serves is checked against `bytes` and `sha256`. */
  readonly url: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly license: string;
  readonly manifest: ModelManifest;
}

const yoloxNano = {
  name: "yolox-nano",
  // this commit holds the file itself; later ones hold a Git LFS pointer, or nothing
  url: "https://raw.githubusercontent.com/opencv/opencv_zoo/371cb249700106b50b2f934b7f18df3f9d127473/models/object_detection_yolox/yolox_nano.onnx",
  sha256: "c789161ed43c8269fcd4e67c67eeeb4e80c622da2eb296a20bc6007bd18a0b7d",
  bytes: 3659407,
  license: "Apache-2.0",
};

/** The models that can be fetched by name. Only such that the decoders here read are listed. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    ...yoloxNano,
    manifest: {
      schemaVersion: 1,
      name: yoloxNano.name,
      version: "2022.8",
      task: "detection",
      description: "YOLOX-Nano at 416x416, trained on COCO: 80 everyday classes.",
      file: "model.onnx",
      sha256: yoloxNano.sha256,
      license: yoloxNano.license,
      source: "https://github.com/opencv/opencv_zoo (weights: Megvii YOLOX)",
      input: {
        name: "images",
        layout: "nchw",
        width: 416,
        height: 416,
        channels: "bgr",
        scale: 1,
        mean: [0, 0, 0],
        std: [1, 1, 1],
        fit: "letterbox",
        placement: "top-left",
        fill: 114,
        batch: 1,
      },
      output: { decoder: "yolox", names: ["output"], strides: [8, 16, 32] },
      labels: [...COCO_LABELS],
      thresholds: { score: 0.4, iou: 0.45 },
    },
  },
];
