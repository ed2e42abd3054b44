import { z } from "zod";
import { MOST_TENSOR_NAME } from "./manifest-bounds.ts";

const name = z.string().min(1).max(MOST_TENSOR_NAME);

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
  .max(100)
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

/** Whether a place's numbers are a column, `columns`, or a row: `[N, A, …]`. */
const layout = z.enum(["columns", "rows"]).optional();

/** How boxes, scores and classes stand in the outputs of a detector. N pictures, A places, C classes, D detections. */
export const detectionOutputSchema = z.discriminatedUnion("decoder", [
  /** `[N, A, 5 + C]`: raw rows of the cells of each stride. */
  z.strictObject({
    decoder: z.literal("yolox"),
    names: names("rows"),
    strides: z.array(z.int().min(1).max(256)).min(1).max(100),
  }),
  /** `[N, A, 5 + C]`: centre and size in input pixels, objectness, class scores, as YOLOv5 and YOLOv7 export them. */
  z.strictObject({ decoder: z.literal("yolov5"), names: names("rows") }),
  /** `[N, 4 + C + unread, A]`: centre and size in input pixels, class scores, as YOLOv8, 9, 11 and 12 export them. */
  z.strictObject({
    decoder: z.literal("yolov8"),
    names: names("columns"),
    layout,
    /** Numbers of a place after its class scores that are not read, such as key points. */
    unread: z.int().min(1).max(4096).optional(),
  }),
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

/** As for detection, with what makes a mask of each. M mask coefficients, `[h, w]` the size of a mask. */
export const instanceOutputSchema = z.discriminatedUnion("decoder", [
  /** `[N, A, 5 + C + M]` and prototypes `[N, M, h, w]`. */
  z.strictObject({ decoder: z.literal("yolov5"), names: names("rows", "prototypes") }),
  /** `[N, 4 + C + M, A]` and prototypes `[N, M, h, w]`. */
  z.strictObject({ decoder: z.literal("yolov8"), names: names("columns", "prototypes"), layout }),
  /**
   * Finished detections, and masks `[N, D, h, w]` or `[D, 1, h, w]`: probabilities inside the box, or over the whole
   * input where they have its size, as Mask R-CNN gives them.
   */
  z.strictObject({
    decoder: z.literal("selected"),
    names: names("boxes", "scores", "labels", "masks"),
    boxes: boxesSchema,
    firstLabel,
  }),
]);
export type InstanceOutput = z.infer<typeof instanceOutputSchema>;

/** A class for each pixel. */
export const semanticOutputSchema = z.strictObject({
  names: names("classes"),
  /** `scores`: `[N, C, h, w]` or `[N, h, w, C]`, the best counts; `ids`: `[N, h, w]` or `[N, 1, h, w]`. */
  gives: z.enum(["scores", "ids"]),
  layout: z.enum(["nchw", "nhwc"]).default("nchw"),
  /** Class that is nothing in particular, and of which no mask is made. */
  background: z.int().min(0).optional(),
});

/** `[N, C]`: a number for each class. */
export const classificationOutputSchema = z.strictObject({
  names: names("scores"),
  /** What makes scores of the numbers; `none` where they are probabilities already. */
  activation: z.enum(["softmax", "sigmoid", "none"]),
});

/** `[N, dimensions]`. Vectors are scaled to length 1, whether the model does so or not. */
export const embeddingOutputSchema = z.strictObject({
  names: names("vector"),
  dimensions: z.int().min(1).max(65_536),
});

/** A picture: `[N, C, upscale * H, upscale * W]`, or `[N, upscale * H, upscale * W, C]`. */
export const imageOutputSchema = z.strictObject({
  names: names("picture"),
  layout: z.enum(["nchw", "nhwc"]).default("nchw"),
  /** Length of its sides in those of the input. */
  upscale: z.int().min(1).max(16),
  /** What makes a value 0 to 255; values outside are cut off. */
  scale: z.number().positive(),
});
