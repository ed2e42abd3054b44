import type { Size } from "@framequeue/vision";
import { boxReader } from "./box-encoding.ts";
import type { Candidates } from "./candidates.ts";
import type { DetectionHead } from "./detection-head.ts";
import type { OutputOf } from "../manifest/manifest-output.ts";
import { floatsOf, type OutputTensor } from "../tensors/output-tensor.ts";

/**
 * Reads scores `[N, A, C]` and decoded boxes `[N, A, 4]`. Each class of each place is a candidate of its own.
 *
 * Source: Liu et al., "SSD: Single Shot MultiBox Detector", 2016.
 */
export class SsdHead implements DetectionHead {
  readonly #firstClass: number;
  readonly #readBox: ReturnType<typeof boxReader>;
  readonly #corners = new Float64Array(4);

  constructor(input: Size, { boxes, background }: OutputOf<"ssd">) {
    this.#firstClass = background ? 1 : 0;
    this.#readBox = boxReader(boxes, input);
  }

  read(
    [scores, boxes]: readonly OutputTensor[],
    slot: number,
    minScore: number,
    into: Candidates,
  ): void {
    const [, anchors, classes] = scores!.dims as [number, number, number];
    const values = floatsOf(scores!);
    const coordinates = floatsOf(boxes!);
    const corners = this.#corners;
    let at = slot * anchors * classes;
    for (let anchor = 0; anchor < anchors; anchor++, at += classes) {
      for (let c = this.#firstClass; c < classes; c++) {
        const score = values[at + c]!;
        if (!(score >= minScore)) continue;
        const box = 4 * (slot * anchors + anchor);
        this.#readBox(
          coordinates[box]!,
          coordinates[box + 1]!,
          coordinates[box + 2]!,
          coordinates[box + 3]!,
          corners,
        );
        const classId = c - this.#firstClass;
        into.add(corners[0]!, corners[1]!, corners[2]!, corners[3]!, score, classId, anchor);
      }
    }
  }
}
