import { ProblemError } from "@framequeue/contracts";
import { anchorCount } from "./anchors.ts";
import { COCO_LABELS } from "./coco-labels.ts";
import type { GraphSignature } from "./graph-signature.ts";
import { describeGraph } from "./graph-signature.ts";
import type { DetectionManifest } from "./manifest.ts";

const STRIDES = [8, 16, 32];

/** What a bare ONNX file was taken for, and in words what of that its metadata does not say. */
export interface Recognized {
  readonly input: DetectionManifest["input"];
  readonly output: DetectionManifest["output"];
  readonly labels: string[];
  readonly thresholds: DetectionManifest["thresholds"];
  readonly assumptions: readonly string[];
}

/**
 * Recognizes a graph by its inputs and outputs alone. Known is the YOLOX family as its authors export it: one float32
 * input `[N, 3, H, W]`, one float32 output `[N, A, 5 + C]` with A the cells of strides 8, 16 and 32.
 *
 * @param file for the message
 * @throws ProblemError `model-invalid` saying what the graph takes and gives
 */
export function recognizeDetector(graph: GraphSignature, file: string): Recognized {
  const [input, secondInput] = graph.inputs;
  const [output, secondOutput] = graph.outputs;
  const [batch, channels, height, width] = input?.shape ?? [];
  const [, anchors, values] = output?.shape ?? [];
  if (
    input === undefined ||
    output === undefined ||
    secondInput !== undefined ||
    secondOutput !== undefined ||
    input.type !== "float32" ||
    output.type !== "float32" ||
    input.shape.length !== 4 ||
    output.shape.length !== 3 ||
    channels !== 3 ||
    typeof height !== "number" ||
    typeof width !== "number" ||
    typeof values !== "number" ||
    values < 6 ||
    anchors !== anchorCount(width, height, STRIDES)
  ) {
    throw new ProblemError(
      "model-invalid",
      `${file} is not a detector of a known family: ${describeGraph(graph)}. ` +
        "A manifest can describe it: pass --manifest FILE.",
      { at: file },
    );
  }
  const classes = values - 5;
  const isCoco = classes === COCO_LABELS.length;
  return {
    input: {
      name: input.name,
      layout: "nchw",
      width,
      height,
      channels: "bgr",
      scale: 1,
      mean: [0, 0, 0],
      std: [1, 1, 1],
      fit: "letterbox",
      placement: "top-left",
      fill: 114,
      batch: typeof batch === "number" ? batch : "dynamic",
    },
    output: { decoder: "yolox", names: [output.name], strides: STRIDES },
    labels: isCoco ? [...COCO_LABELS] : Array.from({ length: classes }, (_, id) => `class ${id}`),
    thresholds: { score: 0.4, iou: 0.45 },
    assumptions: [
      `The shapes are those of YOLOX at ${width}x${height}, so it is run as YOLOX was trained: ` +
        "blue, green, red, 0 to 255, the picture at the top left, the rest filled with 114.",
      "The output is taken as raw: boxes relative to their cells, objectness and class scores from 0 to 1.",
      isCoco
        ? "It has 80 classes, which are taken for those of COCO."
        : `Nothing names its ${classes} classes: they are called class 0 to class ${classes - 1}.`,
      "Detections count from a score of 0.4, and overlapping ones of a class are one from an IoU of 0.45.",
      "If any of this is wrong, describe the model in a manifest and pass --manifest FILE.",
    ],
  };
}
