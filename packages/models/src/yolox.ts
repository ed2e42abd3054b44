import type { Letterbox, Size } from "@framequeue/vision";
import { clipBox, nms, unletterbox } from "@framequeue/vision";
import { anchorCount } from "./anchors.ts";

/** The detections of one frame, by falling score. */
export interface FrameDetections {
  /** `[n, 4]`: x1, y1, x2, y2 in source pixels, clipped to the source. */
  readonly boxes: Float32Array<ArrayBuffer>;
  /** `[n]`, 0 to 1. */
  readonly scores: Float32Array<ArrayBuffer>;
  /** `[n]`: indices into the labels. */
  readonly classIds: Int32Array<ArrayBuffer>;
}

export interface DecodeOptions {
  readonly minScore: number;
  readonly iou: number;
}

/**
 * Decodes the raw output of YOLOX.
 *
 * A row is cx, cy (offset from its cell, in strides), log width, log height (in strides), objectness, class scores; the
 * cells of each stride follow one another row by row, the strides in the order given. A row counts with its best
 * class, at score = objectness × class score.
 *
 * Source: Ge et al., "YOLOX: Exceeding YOLO Series in 2021", section 2.1.
 */
export class YoloxDecoder {
  /** Rows per picture. */
  readonly anchors: number;
  /** Numbers per row. */
  readonly rowLength: number;
  readonly #input: Size;
  readonly #strides: readonly number[];
  /** Room for the candidates of one picture, reused. */
  readonly #boxes: Float32Array<ArrayBuffer>;
  readonly #scores: Float32Array<ArrayBuffer>;
  readonly #classIds: Int32Array<ArrayBuffer>;

  constructor(input: Size, strides: readonly number[], classes: number) {
    this.anchors = anchorCount(input.width, input.height, strides);
    this.rowLength = 5 + classes;
    this.#input = input;
    this.#strides = strides;
    this.#boxes = new Float32Array(4 * this.anchors);
    this.#scores = new Float32Array(this.anchors);
    this.#classIds = new Int32Array(this.anchors);
  }

  /** @param rows `[anchors, 5 + classes]` of one picture */
  decode(rows: Float32Array, plan: Letterbox, options: DecodeOptions): FrameDetections {
    const count = this.#candidates(rows, options.minScore);
    const boxes = this.#boxes.subarray(0, 4 * count);
    const scores = this.#scores.subarray(0, count);
    const classIds = this.#classIds.subarray(0, count);
    const kept = nms(boxes, scores, classIds, options.iou);
    const found: { box: readonly number[]; index: number }[] = [];
    for (const index of kept) {
      const at = 4 * index;
      const inInput = [boxes[at]!, boxes[at + 1]!, boxes[at + 2]!, boxes[at + 3]!] as const;
      const { width, height } = plan.source;
      const box = clipBox(unletterbox(inInput, plan), width, height);
      // a box wholly in the padding shows nothing of the source
      if (box[2] > box[0] && box[3] > box[1]) found.push({ box, index });
    }
    return {
      boxes: Float32Array.from(found.flatMap(({ box }) => box)),
      scores: Float32Array.from(found, ({ index }) => scores[index]!),
      classIds: Int32Array.from(found, ({ index }) => classIds[index]!),
    };
  }

  /** Writes the rows that reach the score as corners in input pixels; returns how many. */
  #candidates(rows: Float32Array, minScore: number): number {
    const { width, height } = this.#input;
    const length = this.rowLength;
    let count = 0;
    let at = 0;
    for (const stride of this.#strides) {
      const columns = Math.floor(width / stride);
      const cells = columns * Math.floor(height / stride);
      for (let cell = 0; cell < cells; cell++, at += length) {
        // class scores are at most 1: most rows end here
        const objectness = rows[at + 4]!;
        if (!(objectness >= minScore)) continue;
        let best = at + 5;
        for (let i = at + 6; i < at + length; i++) if (rows[i]! > rows[best]!) best = i;
        const score = objectness * rows[best]!;
        if (!(score >= minScore)) continue;
        const x = (rows[at]! + (cell % columns)) * stride;
        const y = (rows[at + 1]! + Math.floor(cell / columns)) * stride;
        const halfWidth = (Math.exp(rows[at + 2]!) * stride) / 2;
        const halfHeight = (Math.exp(rows[at + 3]!) * stride) / 2;
        this.#boxes[4 * count] = x - halfWidth;
        this.#boxes[4 * count + 1] = y - halfHeight;
        this.#boxes[4 * count + 2] = x + halfWidth;
        this.#boxes[4 * count + 3] = y + halfHeight;
        this.#scores[count] = score;
        this.#classIds[count] = best - at - 5;
        count++;
      }
    }
    return count;
  }
}
