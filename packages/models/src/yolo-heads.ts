import type { Tensor } from "onnxruntime-node";
import type { Candidates } from "./candidates.ts";
import type { DetectionHead } from "./detection-decoder.ts";
import { floatsOf } from "./output-tensor.ts";

/**
 * Reads YOLOv5's exported output `[N, A, 5 + C]`: a row is cx, cy, width, height in input pixels, objectness, class
 * scores. A row counts with its best class, at score = objectness × class score.
 *
 * Source: ultralytics/yolov5, `non_max_suppression` with one label per box.
 */
export class Yolov5Head implements DetectionHead {
  readonly #classes: number;

  constructor(classes: number) {
    this.#classes = classes;
  }

  read([output]: readonly Tensor[], slot: number, minScore: number, into: Candidates): void {
    const rows = floatsOf(output!);
    const [, anchors, length] = output!.dims as [number, number, number];
    let at = slot * anchors * length;
    for (let row = 0; row < anchors; row++, at += length) {
      // class scores are at most 1: most rows end here
      const objectness = rows[at + 4]!;
      if (!(objectness >= minScore)) continue;
      const first = at + 5;
      let best = first;
      for (let i = first + 1; i < first + this.#classes; i++) if (rows[i]! > rows[best]!) best = i;
      const score = objectness * rows[best]!;
      if (!(score >= minScore)) continue;
      const x = rows[at]!;
      const y = rows[at + 1]!;
      const halfWidth = rows[at + 2]! / 2;
      const halfHeight = rows[at + 3]! / 2;
      into.add(
        x - halfWidth,
        y - halfHeight,
        x + halfWidth,
        y + halfHeight,
        score,
        best - first,
        row,
      );
    }
  }
}

/**
 * Reads the output `[N, 4 + C, A]` of YOLOv8 and its successors: the columns are cx, cy, width, height in input pixels
 * and class scores. A column counts with its best class.
 *
 * Source: ultralytics/ultralytics, `non_max_suppression` with one label per box.
 */
export class Yolov8Head implements DetectionHead {
  readonly #classes: number;

  constructor(classes: number) {
    this.#classes = classes;
  }

  read([output]: readonly Tensor[], slot: number, minScore: number, into: Candidates): void {
    const [, channels, anchors] = output!.dims as [number, number, number];
    const start = slot * channels * anchors;
    const values = floatsOf(output!).subarray(start, start + channels * anchors);
    const { score, classId } = this.#best(values, anchors);
    for (let i = 0; i < anchors; i++) {
      if (!(score[i]! >= minScore)) continue;
      const x = values[i]!;
      const y = values[anchors + i]!;
      const halfWidth = values[2 * anchors + i]! / 2;
      const halfHeight = values[3 * anchors + i]! / 2;
      into.add(
        x - halfWidth,
        y - halfHeight,
        x + halfWidth,
        y + halfHeight,
        score[i]!,
        classId[i]!,
        i,
      );
    }
  }

  #score = new Float32Array();
  #classId = new Int32Array();

  /** Best score and class of each place, class by class, because that is how they lie in memory. */
  #best(values: Float32Array, anchors: number): { score: Float32Array; classId: Int32Array } {
    if (this.#score.length !== anchors) {
      this.#score = new Float32Array(anchors);
      this.#classId = new Int32Array(anchors);
    }
    const [score, classId] = [this.#score, this.#classId];
    score.set(values.subarray(4 * anchors, 5 * anchors));
    classId.fill(0);
    for (let c = 1; c < this.#classes; c++) {
      const first = (4 + c) * anchors;
      for (let i = 0; i < anchors; i++) {
        const value = values[first + i]!;
        if (!(value > score[i]!)) continue;
        score[i] = value;
        classId[i] = c;
      }
    }
    return { score, classId };
  }
}
