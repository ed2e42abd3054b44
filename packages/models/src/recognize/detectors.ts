import type { TensorSignature } from "../manifest/graph-signature.ts";
import { classNames, namesOfAnyNumber } from "./class-names.ts";
import { found, isFloats, OF_YOLO, SCORES, YOLO_PIXELS } from "./detector-parts.ts";
import type { BodyOf, Clues, Recognized, Recognizer } from "./hints.ts";
import { inputSpec, sizesInput } from "./picture-input.ts";
import { ultralytics } from "./ultralytics.ts";

/** More places than queries ever are. */
const MOST_QUERIES = 1000;

const OF_DETR = { fit: "stretch" } as const;

/** Finished detections: boxes, scores and integer labels, with masks (Mask R-CNN) or without (DETR's exports). */
export const selected: Recognizer = (clues) => {
  const { graph, picture } = clues;
  const { outputs, inputs } = graph;
  const labelsOutput = outputs.find(
    ({ type, shape }) => type === "int64" && (shape.length === 1 || shape.length === 2),
  );
  const rank = labelsOutput?.shape.length;
  if (labelsOutput === undefined || rank === undefined) return undefined;
  const boxes = outputs.find((each) => isFloats(each, rank + 1) && each.shape.at(-1) === 4);
  const scores = outputs.find((each) => isFloats(each, rank));
  const masks = outputs.find((each) => isFloats(each, 4));
  if (boxes === undefined || scores === undefined || picture.channels !== 3) return undefined;
  if (outputs.length !== (masks === undefined ? 3 : 4)) return undefined;
  const sizes = sizesInput(graph);
  if (inputs.length > (sizes === undefined ? 1 : 2)) return undefined;
  const { labels, assumption } = namesOfAnyNumber(clues);
  const space = sizes === undefined ? "input" : "source";
  const input = {
    ...inputSpec(picture, sizes === undefined ? { fit: "letterbox" } : OF_DETR),
    ...(sizes && { sizes: { name: sizes.name, order: "width-height" } as const }),
  };
  const names = [boxes.name, scores.name, labelsOutput.name];
  const shared = { boxes: { format: "xyxy", space } as const, firstLabel: rank === 1 ? 1 : 0 };
  const body: BodyOf<"detection"> | BodyOf<"instance-segmentation"> =
    masks === undefined
      ? {
          task: "detection",
          input,
          output: { decoder: "selected", names, ...shared },
          labels,
          thresholds: { score: 0.45 },
        }
      : {
          task: "instance-segmentation",
          input,
          output: { decoder: "selected", names: [...names, masks.name], ...shared },
          labels,
          thresholds: { score: 0.5, mask: 0.5 },
        };
  return found(body, [
    `It gives finished detections, so it is run as ${sizes === undefined ? "torchvision's detectors" : "RT-DETR, D-FINE and DEIM"} are: red, green, blue, ` +
      `0 to 1, ${sizes === undefined ? "the picture in the middle" : "the picture stretched, and its own size as width and height beside it"}.`,
    rank === 1 ? "Label 0 is taken for the background." : undefined,
    assumption,
    `${SCORES} ${body.thresholds.score}.`,
  ]);
};

/** A table of finished detections: YOLOv10 and exports with NMS inside. */
export const table: Recognizer = (clues) => {
  const { graph, picture } = clues;
  const [output, second] = graph.outputs;
  if (second !== undefined || graph.inputs.length > 1 || picture.channels !== 3) return undefined;
  // of a model of poses, key points follow
  const unread = ultralytics(clues)?.keyPoints ?? 0;
  const isRows = isFloats(output, 3) && output.shape[2] === 6 + unread;
  const isFlat = isFloats(output, 2) && output.shape[1] === 7;
  if (output === undefined || !(isRows || isFlat)) return undefined;
  const { labels, assumption } = namesOfAnyNumber(clues);
  return found(
    {
      task: "detection",
      input: inputSpec(picture, OF_YOLO),
      output: {
        decoder: "table",
        names: [output.name],
        columns: isRows
          ? [
              ...(["x1", "y1", "x2", "y2", "score", "class"] as const),
              ...Array.from({ length: unread }, () => "unused" as const),
            ]
          : ["image", "x1", "y1", "x2", "y2", "class", "score"],
        space: "input",
        firstLabel: 0,
      },
      labels,
      thresholds: { score: 0.25 },
    },
    [
      `It gives a table of finished detections, so it is run as ${isRows ? "YOLOv10" : "YOLOv7 with its NMS"} is: ${YOLO_PIXELS}`,
      isRows && unread > 0
        ? "Its key points are not read: what it finds has boxes alone."
        : undefined,
      assumption,
      `${SCORES} 0.25.`,
    ],
  );
};

/** A number for each class and a box for each place: few places are queries of DETR's kin, many those of SSD's. */
export const places: Recognizer = (clues) => {
  const { graph, picture } = clues;
  const { outputs, inputs } = graph;
  if (outputs.length !== 2 || inputs.length > 1 || picture.channels !== 3) return undefined;
  const boxes = outputs.find((each) => isFloats(each, 3) && each.shape[2] === 4);
  const scores = outputs.find((each) => each !== boxes);
  if (boxes === undefined || !isFloats(scores, 3)) return undefined;
  const [, count, classes] = scores.shape;
  if (typeof classes !== "number" || typeof count !== "number" || count !== boxes.shape[1]) {
    return undefined;
  }
  return count <= MOST_QUERIES
    ? queries(clues, scores, boxes, classes)
    : ssd(clues, scores, boxes, classes);
};

function queries(
  clues: Clues,
  scores: TensorSignature,
  boxes: TensorSignature,
  classes: number,
): Recognized {
  const given = clues.labels?.length;
  // DETR's own class ids go to 90, and one more means that nothing is there
  const isSoftmax = given === undefined ? classes === 92 : given === classes - 1;
  const { labels, assumption } = classNames(isSoftmax ? classes - 1 : classes, clues);
  return found(
    {
      task: "detection",
      input: inputSpec(clues.picture, OF_DETR),
      output: {
        decoder: "queries",
        names: [scores.name, boxes.name],
        activation: isSoftmax ? "softmax" : "sigmoid",
      },
      labels,
      thresholds: { score: 0.45 },
    },
    [
      `Its outputs are taken for the raw queries of ${isSoftmax ? "DETR" : "RT-DETR, D-FINE or DEIM"}: ` +
        "red, green, blue, 0 to 1, the picture stretched; logits, and centre and size as shares of the picture.",
      assumption,
      `${SCORES} 0.45.`,
    ],
  );
}

function ssd(
  clues: Clues,
  scores: TensorSignature,
  boxes: TensorSignature,
  classes: number,
): Recognized {
  const isFace = classes === 2 && clues.labels === undefined;
  const { labels, assumption } = isFace
    ? { labels: ["face"], assumption: "Its one class beside the background is taken for faces." }
    : classNames(classes - 1, clues);
  return found(
    {
      task: "detection",
      input: inputSpec(clues.picture, {
        fit: "stretch",
        scale: 1,
        mean: [127, 127, 127],
        std: [128, 128, 128],
      }),
      output: {
        decoder: "ssd",
        names: [scores.name, boxes.name],
        boxes: { format: "xyxy", space: "share" },
        background: true,
      },
      labels,
      thresholds: { score: isFace ? 0.7 : 0.5, iou: isFace ? 0.3 : 0.45 },
    },
    [
      "Its outputs are taken for those of an SSD: red, green, blue, less 127 and over 128, the picture stretched; " +
        "probabilities with the background first, and corners as shares of the picture.",
      assumption,
      `${SCORES} ${isFace ? 0.7 : 0.5}, and overlapping ones of a class are one from an IoU of ${isFace ? 0.3 : 0.45}.`,
    ],
  );
}
