import type { TensorSignature } from "../manifest/graph-signature.ts";
import type { BodyOf, Recognized } from "./hints.ts";

/** How pictures enter YOLOv5 and its successors; in words, `YOLO_PIXELS`. */
export const OF_YOLO = { fit: "letterbox", fill: 114, placement: "center" } as const;
export const YOLO_PIXELS =
  "red, green, blue, 0 to 1, the picture in the middle, the rest filled with 114.";

export const SCORES = "Detections count from a score of";

export function isFloats(
  tensor: TensorSignature | undefined,
  rank: number,
): tensor is TensorSignature {
  return tensor !== undefined && tensor.type === "float32" && tensor.shape.length === rank;
}

export function found(
  body: BodyOf<"detection"> | BodyOf<"instance-segmentation">,
  assumptions: readonly (string | undefined)[],
): Recognized {
  return { body, assumptions: assumptions.filter((each) => each !== undefined) };
}
