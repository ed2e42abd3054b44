import type { Size } from "@framequeue/vision";
import { anchorCount } from "./anchors.ts";
import type { Candidates } from "./candidates.ts";
import type { DetectionHead } from "./detection-head.ts";
import type { OutputOf } from "../manifest/manifest-output.ts";
import { floatsOf, type OutputTensor } from "../tensors/output-tensor.ts";

/**
 * Reads the raw output of YOLOX.
 *
 * A row is cx, cy (offset from its cell, in strides), log width, log height (in strides), objectness, class scores; the
 * cells of each stride follow one another row by row, the strides in the order given. A row counts with its best
 * class, at score = objectness × class score.
 *
 * Source: Ge et al., "YOLOX: Exceeding YOLO Series in 2021", section 2.1.
 */
export class YoloxHead implements DetectionHead {
  /** Rows per picture. */
  readonly #anchors: number;
  readonly #rowLength: number;
  readonly #input: Size;
  readonly #strides: readonly number[];

  constructor(input: Size, { strides }: Pick<OutputOf<"yolox">, "strides">, classes: number) {
    this.#anchors = anchorCount(input.width, input.height, strides);
    this.#rowLength = 5 + classes;
    this.#input = input;
    this.#strides = strides;
  }

  read([output]: readonly OutputTensor[], slot: number, minScore: number, into: Candidates): void {
    const { width, height } = this.#input;
    const rows = floatsOf(output!);
    const length = this.#rowLength;
    let at = slot * this.#anchors * length;
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
        const classId = best - at - 5;
        const row = at / length - slot * this.#anchors;
        into.add(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight, score, classId, row);
      }
    }
  }
}
