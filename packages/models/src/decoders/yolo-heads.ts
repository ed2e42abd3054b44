import type { Candidates } from "./candidates.ts";
import type { DetectionHead } from "./detection-head.ts";
import { floatsOf, type OutputTensor } from "../tensors/output-tensor.ts";

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

  read([output]: readonly OutputTensor[], slot: number, minScore: number, into: Candidates): void {
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
 * and class scores, and what else a place has, which is not looked at. A column counts with its best class. Or the same
 * as rows, `[N, A, 4 + C]`.
 *
 * Source: ultralytics/ultralytics, `non_max_suppression` with one label per box.
 */
export class Yolov8Head implements DetectionHead {
  readonly #classes: number;
  readonly #areRows: boolean;

  constructor(classes: number, lie: "columns" | "rows" = "columns") {
    this.#classes = classes;
    this.#areRows = lie === "rows";
  }

  read([output]: readonly OutputTensor[], slot: number, minScore: number, into: Candidates): void {
    const [, outer, inner] = output!.dims as [number, number, number];
    const values = floatsOf(output!).subarray(slot * outer * inner, (slot + 1) * outer * inner);
    const anchors = this.#areRows ? outer : inner;
    // from one place to the next, and from one number of a place to the next
    const [place, number] = this.#areRows ? [inner, 1] : [1, inner];
    const { score, classId } = this.#best(values, anchors, place, number);
    for (let i = 0; i < anchors; i++) {
      if (!(score[i]! >= minScore)) continue;
      const at = i * place;
      const x = values[at]!;
      const y = values[at + number]!;
      const halfWidth = values[at + 2 * number]! / 2;
      const halfHeight = values[at + 3 * number]! / 2;
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

  /** Best score and class of each place, class by class where they lie so in memory. */
  #best(
    values: Float32Array,
    anchors: number,
    place: number,
    number: number,
  ): { score: Float32Array; classId: Int32Array } {
    if (this.#score.length !== anchors) {
      this.#score = new Float32Array(anchors);
      this.#classId = new Int32Array(anchors);
    }
    const [score, classId] = [this.#score, this.#classId];
    score.fill(Number.NEGATIVE_INFINITY);
    classId.fill(0);
    for (let c = 0; c < this.#classes; c++) {
      const first = (4 + c) * number;
      for (let i = 0, at = first; i < anchors; i++, at += place) {
        const value = values[at]!;
        if (!(value > score[i]!)) continue;
        score[i] = value;
        classId[i] = c;
      }
    }
    return { score, classId };
  }
}
