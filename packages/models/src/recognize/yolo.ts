import { anchorCount } from "../decoders/anchors.ts";
import { Candidates } from "../decoders/candidates.ts";
import type { DetectionHead } from "../decoders/detection-head.ts";
import type { TensorSignature } from "../manifest/graph-signature.ts";
import type { InputSpec } from "../manifest/manifest-input.ts";
import { nearShare } from "../checking/plausibility.ts";
import { Yolov5Head } from "../decoders/yolo-heads.ts";
import { YoloxHead } from "../decoders/yolox.ts";
import { classNames, isKnownNumber } from "./class-names.ts";
import { found, isFloats, OF_YOLO, SCORES, YOLO_PIXELS } from "./detector-parts.ts";
import type { BodyOf, Clues, Recognized, Recognizer, SeenOutputs } from "./hints.ts";
import { inputSpec } from "./picture-input.ts";
import { givenNames, ultralytics } from "./ultralytics.ts";

const STRIDES = [8, 16, 32];
/** With the stride that the larger models add. */
const MORE_STRIDES = [8, 16, 32, 64];

const OF_YOLOX = {
  channels: "bgr",
  scale: 1,
  fit: "letterbox",
  placement: "top-left",
  fill: 114,
} as const;

/**
 * A row for each cell of strides 8, 16 and 32: YOLOX as its authors export it, `[N, A, 5 + C]` of raw numbers; the same
 * with decoded boxes, as YOLOX's and YOLOv6's exporters write it, too; or YOLOv8's columns as rows, `[N, A, 4 + C]`.
 */
export const rows: Recognizer = (clues) => {
  const { picture, graph } = clues;
  const [output, second] = graph.outputs;
  if (second !== undefined || graph.inputs.length > 1 || !isFloats(output, 3)) return undefined;
  const [, anchors, numbers] = output.shape;
  if (picture.channels !== 3 || typeof numbers !== "number") return undefined;
  if (anchors !== anchorCount(picture.width, picture.height, STRIDES)) return undefined;
  if (!hasObjectness(numbers, clues)) return ofYolov8(clues, { output, numbers, layout: "rows" });
  return numbers < 6 ? undefined : ofYolox(clues, output, numbers - 5);
};

/** How many classes have names says whether a row has an objectness beside them. */
function hasObjectness(numbers: number, clues: Clues): boolean {
  if (ultralytics(clues) !== undefined) return false;
  const named = givenNames(clues)?.length;
  if (named !== undefined) return named !== numbers - 4;
  return isKnownNumber(numbers - 5) || !isKnownNumber(numbers - 4);
}

/** What a row holds: raw numbers, or decoded boxes, of YOLOX or of YOLOv6. */
const READINGS = {
  raw: "Its output is raw: boxes relative to their cells, objectness and class scores from 0 to 1.",
  decoded: "For a test picture its boxes were pixels of the input: they are decoded already.",
  yolov6: "For a test picture its boxes were pixels of the input, and all had an objectness of 1.",
} as const;
type Reading = keyof typeof READINGS;

function ofYolox(
  clues: Clues,
  output: TensorSignature,
  classes: number,
  reading?: Reading,
): Recognized {
  const { width, height } = clues.picture;
  const { labels, assumption } = classNames(classes, clues);
  const isV6 = reading === "yolov6";
  const input = inputSpec(clues.picture, isV6 ? OF_YOLO : OF_YOLOX);
  const isRaw = reading === undefined || reading === "raw";
  const recognized = found(
    {
      task: "detection",
      input,
      output: isRaw
        ? { decoder: "yolox", names: [output.name], strides: STRIDES }
        : { decoder: "yolov5", names: [output.name] },
      labels,
      thresholds: { score: 0.4, iou: 0.45 },
    },
    [
      `The shapes are those of ${isV6 ? "YOLOv6" : "YOLOX"} at ${width}x${height}, so it is run as that was trained: ` +
        (isV6
          ? YOLO_PIXELS
          : "blue, green, red, 0 to 255, the picture at the top left, the rest filled with 114."),
      READINGS[reading ?? "raw"],
      assumption,
      `${SCORES} 0.4, and overlapping ones of a class are one from an IoU of 0.45.`,
    ],
  );
  if (reading !== undefined) return recognized;
  const settle = (seen: SeenOutputs): Recognized => {
    const { data } = seen.get(output.name)!;
    return ofYolox(clues, output, classes, readingOf(data, classes, input));
  };
  return { ...recognized, settle };
}

/**
 * How rows are to be read. Pixels that are read as raw make boxes far outside, for their logarithms would be sides; raw
 * numbers that are read as pixels have negative sides.
 */
function readingOf(data: Float32Array, classes: number, input: InputSpec): Reading {
  const length = 5 + classes;
  const rowsOf = { dims: [1, data.length / length, length], data };
  const near = (head: DetectionHead): number => {
    const boxes = new Candidates();
    head.read([rowsOf], 0, Number.NEGATIVE_INFINITY, boxes);
    return nearShare(boxes, input);
  };
  const raw = near(new YoloxHead(input, { strides: STRIDES }, classes));
  if (raw >= near(new Yolov5Head(classes))) return "raw";
  for (let at = 4; at < data.length; at += length) if (data[at] !== 1) return "decoded";
  return "yolov6";
}

/** YOLOv5 and YOLOv7, YOLOv8 to 12, with prototypes of masks or without, or with key points, which are not read. */
export const yolo: Recognizer = (clues) => {
  const { picture, graph } = clues;
  const [output, prototypes, third] = graph.outputs;
  if (graph.inputs.length > 1 || third !== undefined || !isFloats(output, 3)) return undefined;
  if (prototypes !== undefined && !isFloats(prototypes, 4)) return undefined;
  const [, outer, inner] = output.shape;
  if (typeof outer !== "number" || typeof inner !== "number") return undefined;
  if (picture.channels !== 3) return undefined;
  const [cells, moreCells] = [STRIDES, MORE_STRIDES].map((strides) =>
    anchorCount(picture.width, picture.height, strides),
  );
  if (outer === 3 * cells! || outer === 3 * moreCells!) {
    return ofYolo(clues, { output, prototypes, decoder: "yolov5", numbers: inner });
  }
  if (inner === cells) return ofYolov8(clues, { output, prototypes, numbers: outer });
  if (outer !== cells || prototypes === undefined) return undefined;
  return ofYolov8(clues, { output, prototypes, numbers: inner, layout: "rows" });
};

interface YoloOutputs {
  readonly output: TensorSignature;
  readonly prototypes?: TensorSignature | undefined;
  /** Of a place. */
  readonly numbers: number;
  readonly layout?: "rows";
}

function ofYolov8(clues: Clues, outputs: YoloOutputs): Recognized | undefined {
  const unread = ultralytics(clues)?.keyPoints ?? 0;
  return ofYolo(clues, { ...outputs, decoder: "yolov8", unread });
}

function ofYolo(
  clues: Clues,
  {
    output,
    prototypes,
    numbers,
    decoder,
    unread = 0,
    layout,
  }: YoloOutputs & { readonly decoder: "yolov5" | "yolov8"; readonly unread?: number },
): Recognized | undefined {
  const coefficients = prototypes === undefined ? 0 : prototypes.shape[1];
  if (typeof coefficients !== "number") return undefined;
  const classes = numbers - (decoder === "yolov5" ? 5 : 4) - coefficients - unread;
  if (classes < 1) return undefined;
  const { labels, assumption } = classNames(classes, clues);
  const { width, height } = clues.picture;
  const shared = { input: inputSpec(clues.picture, OF_YOLO), labels };
  const thresholds = { score: 0.25, iou: 0.45, most: 300 };
  const lie = layout === undefined ? {} : { layout };
  const more = { ...lie, ...(unread > 0 ? { unread } : {}) };
  const body: BodyOf<"detection"> | BodyOf<"instance-segmentation"> =
    prototypes === undefined
      ? {
          task: "detection",
          ...shared,
          output:
            decoder === "yolov5"
              ? { decoder, names: [output.name] }
              : { decoder, names: [output.name], ...more },
          thresholds,
        }
      : {
          task: "instance-segmentation",
          ...shared,
          output:
            decoder === "yolov5"
              ? { decoder, names: [output.name, prototypes.name] }
              : { decoder, names: [output.name, prototypes.name], ...lie },
          thresholds: { ...thresholds, mask: 0.5 },
        };
  const of = decoder === "yolov5" ? "YOLOv5" : "YOLOv8 and its successors";
  return found(body, [
    `The shapes are those of ${of} at ${width}x${height}, so it is run as they were trained: ${YOLO_PIXELS}`,
    layout === undefined ? undefined : "Its numbers lie row by row, a row for each place.",
    unread === 0 ? undefined : "Its key points are not read: what it finds has boxes alone.",
    assumption,
    `${SCORES} 0.25, and overlapping ones of a class are one from an IoU of 0.45.`,
  ]);
}
