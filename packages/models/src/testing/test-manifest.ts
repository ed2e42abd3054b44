import { createHash } from "node:crypto";
import { TEST_DETECTOR_LABELS } from "@framequeue/graphs";
import type { DetectionManifest } from "../manifest/manifest.ts";

/** A manifest for the test detector of the graphs package, at 416x416. */
export function testManifest(model: Uint8Array): DetectionManifest {
  return {
    schemaVersion: 1,
    name: "blobs",
    version: "1",
    task: "detection",
    description: "Coloured rectangles.",
    file: "model.onnx",
    sha256: createHash("sha256").update(model).digest("hex"),
    license: "Apache-2.0",
    source: "built here",
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
      batch: "dynamic",
    },
    output: { decoder: "yolox", names: ["output"], strides: [8, 16, 32] },
    labels: [...TEST_DETECTOR_LABELS],
    thresholds: { score: 0.4, iou: 0.45 },
  };
}
