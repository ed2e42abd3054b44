import { z } from "zod";

const name = z.string().min(1);

/** Names of the graph's outputs, in the order in which the decoder takes them. */
const names = (...what: readonly string[]) =>
  z
    .array(name)
    .length(
      what.length,
      what.length === 1 ? "must name one output" : `must name the outputs of ${what.join(", ")}`,
    );

/** How four numbers make a box, and in which space: pixels of the network's input, shares of it, pixels of the source. */
const boxesSchema = z.strictObject({
  format: z.enum(["xyxy", "yxyx", "xywh", "cxcywh"]),
  space: z.enum(["input", "share", "source"]),
});
export type BoxEncoding = z.infer<typeof boxesSchema>;

/** What a row of finished detections can hold. `image`: the picture's place in the run. */
export const ROW_COLUMNS = ["image", "x1", "y1", "x2", "y2", "score", "class", "unused"] as const;

/** Columns of a table of finished detections. */
const columnsSchema = z
  .array(z.enum(ROW_COLUMNS))
  .refine(
    (columns) =>
      ROW_COLUMNS.filter((column) => column !== "unused").every(
        (column) =>
          columns.filter((each) => each === column).length === 1 ||
          (column === "image" && !columns.includes(column)),
      ),
    "must have x1, y1, x2, y2, score and class once each, and image at most once",
  );

/** Class id of the first label in the model's numbers: 1 where 0 means background. */
const firstLabel = z.int().min(0).max(1).default(0);

/** How boxes, scores and classes stand in the outputs of a detector. N pictures, A places, C classes, D detections. */
export const detectionOutputSchema = z.discriminatedUnion("decoder", [
  /** `[N, A, 5 + C]`: raw rows of the cells of each stride. */
  z.strictObject({
    decoder: z.literal("yolox"),
    names: names("rows"),
    strides: z.array(z.int().min(1).max(256)).min(1),
  }),
  /** `[N, A, 5 + C]`: centre and size in input pixels, objectness, class scores, as YOLOv5 and YOLOv7 export them. */
  z.strictObject({ decoder: z.literal("yolov5"), names: names("rows") }),
  /** `[N, 4 + C, A]`: centre and size in input pixels, class scores, as YOLOv8, 9, 11 and 12 export them. */
  z.strictObject({ decoder: z.literal("yolov8"), names: names("columns") }),
  /** `[N, Q, C]` and `[N, Q, 4]`: logits, and centre and size as shares of the input, as DETR and its kin put them out. */
  z.strictObject({
    decoder: z.literal("queries"),
    names: names("logits", "boxes"),
    /** `softmax`: the class after the last label means nothing is there. */
    activation: z.enum(["sigmoid", "softmax"]),
  }),
  /** `[N, A, C]` and `[N, A, 4]`: probabilities and decoded boxes that overlap. */
  z.strictObject({
    decoder: z.literal("ssd"),
    names: names("scores", "boxes"),
    boxes: boxesSchema,
    /** Whether class 0 of the scores is the background; the labels begin after it. */
    background: z.boolean(),
  }),
  /** `[N, D, 4]`, `[N, D]`, `[N, D]`: finished detections, as DETR-style exports with their post-processing give them. */
  z.strictObject({
    decoder: z.literal("selected"),
    names: names("boxes", "scores", "labels"),
    /** Output with the number of detections of each picture, where the rest is padding. */
    count: name.optional(),
    boxes: boxesSchema,
    firstLabel,
  }),
  /** `[N, D, columns]` or `[D, columns]`: a table of finished detections, as models with NMS inside give it. */
  z.strictObject({
    decoder: z.literal("table"),
    names: names("rows"),
    columns: columnsSchema,
    space: z.enum(["input", "share", "source"]),
    firstLabel,
  }),
]);
export type DetectionOutput = z.infer<typeof detectionOutputSchema>;
export type OutputOf<D extends DetectionOutput["decoder"]> = Extract<
  DetectionOutput,
  { decoder: D }
>;

/** Families whose boxes overlap until they are suppressed. */
export function needsSuppression({ decoder }: DetectionOutput): boolean {
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
export function boxSpace(output: DetectionOutput): BoxEncoding["space"] {
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
