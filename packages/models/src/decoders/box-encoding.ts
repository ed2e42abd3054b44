import type { Size } from "@framequeue/vision";
import type { BoxEncoding } from "../manifest/manifest-output.ts";

/** Writes the corners x1, y1, x2, y2 of four numbers, in pixels. */
export type BoxReader = (a: number, b: number, c: number, d: number, into: Float64Array) => void;

const CORNERS: Readonly<Record<BoxEncoding["format"], BoxReader>> = {
  xyxy(a, b, c, d, into) {
    into[0] = a;
    into[1] = b;
    into[2] = c;
    into[3] = d;
  },
  yxyx(a, b, c, d, into) {
    into[0] = b;
    into[1] = a;
    into[2] = d;
    into[3] = c;
  },
  xywh(a, b, c, d, into) {
    into[0] = a;
    into[1] = b;
    into[2] = a + c;
    into[3] = b + d;
  },
  cxcywh(a, b, c, d, into) {
    into[0] = a - c / 2;
    into[1] = b - d / 2;
    into[2] = a + c / 2;
    into[3] = b + d / 2;
  },
};

/** How to read a model's boxes; those in shares of the input become its pixels. */
export function boxReader({ format, space }: BoxEncoding, { width, height }: Size): BoxReader {
  const corners = CORNERS[format];
  if (space !== "share") return corners;
  return (a, b, c, d, into) => {
    corners(a, b, c, d, into);
    into[0]! *= width;
    into[1]! *= height;
    into[2]! *= width;
    into[3]! *= height;
  };
}
