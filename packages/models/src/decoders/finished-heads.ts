import type { Size } from "@framequeue/vision";
import { boxReader } from "./box-encoding.ts";
import type { Candidates } from "./candidates.ts";
import type { DetectionHead } from "./detection-head.ts";
import type { OutputOf } from "../manifest/manifest-output.ts";
import { floatsOf, numbersOf, type OutputTensor } from "../tensors/output-tensor.ts";

/** Reads finished detections in three outputs: boxes `[N, D, 4]`, scores and labels `[N, D]`; for one picture N may lack. */
export class SelectedHead implements DetectionHead {
  readonly #firstLabel: number;
  readonly #isCounted: boolean;
  readonly #readBox: ReturnType<typeof boxReader>;
  readonly #corners = new Float64Array(4);

  constructor(
    input: Size,
    { boxes, firstLabel, count }: Pick<OutputOf<"selected">, "boxes" | "firstLabel" | "count">,
  ) {
    this.#firstLabel = firstLabel;
    this.#isCounted = count !== undefined;
    this.#readBox = boxReader(boxes, input);
  }

  read(
    [boxes, scores, labels, fourth]: readonly OutputTensor[],
    slot: number,
    minScore: number,
    into: Candidates,
  ): void {
    const room = scores!.dims.at(-1)!;
    const coordinates = floatsOf(boxes!);
    const values = floatsOf(scores!);
    const classes = numbersOf(labels!);
    const corners = this.#corners;
    const found = this.#isCounted ? Math.min(room, Number(numbersOf(fourth!)[slot])) : room;
    for (let index = 0; index < found; index++) {
      const at = slot * room + index;
      const score = values[at]!;
      if (!(score >= minScore)) continue;
      const classId = Number(classes[at]) - this.#firstLabel;
      // places that hold nothing are marked so by some models
      if (classId < 0) continue;
      this.#readBox(
        coordinates[4 * at]!,
        coordinates[4 * at + 1]!,
        coordinates[4 * at + 2]!,
        coordinates[4 * at + 3]!,
        corners,
      );
      into.add(corners[0]!, corners[1]!, corners[2]!, corners[3]!, score, classId, index);
    }
  }
}

/** Reads a table of finished detections, `[N, D, columns]`, or `[D, columns]` with the picture's place in a column. */
export class TableHead implements DetectionHead {
  readonly #output: OutputOf<"table">;
  readonly #readBox: ReturnType<typeof boxReader>;
  readonly #corners = new Float64Array(4);

  constructor(input: Size, output: OutputOf<"table">) {
    this.#output = output;
    this.#readBox = boxReader({ format: "xyxy", space: output.space }, input);
  }

  read([output]: readonly OutputTensor[], slot: number, minScore: number, into: Candidates): void {
    const { columns, firstLabel } = this.#output;
    const rows = output!.dims.at(-2)!;
    const values = floatsOf(output!);
    const image = columns.indexOf("image");
    const [x1, y1, x2, y2, score, label] = (
      ["x1", "y1", "x2", "y2", "score", "class"] as const
    ).map((column) => columns.indexOf(column)) as [number, number, number, number, number, number];
    const corners = this.#corners;
    for (let row = 0; row < rows; row++) {
      const at = ((image === -1 ? slot * rows : 0) + row) * columns.length;
      if (image !== -1 && values[at + image] !== slot) continue;
      if (!(values[at + score]! >= minScore)) continue;
      const classId = values[at + label]! - firstLabel;
      if (classId < 0) continue;
      this.#readBox(
        values[at + x1]!,
        values[at + y1]!,
        values[at + x2]!,
        values[at + y2]!,
        corners,
      );
      into.add(
        corners[0]!,
        corners[1]!,
        corners[2]!,
        corners[3]!,
        values[at + score]!,
        classId,
        row,
      );
    }
  }
}
