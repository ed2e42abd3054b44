import type { Tensor } from "onnxruntime-node";
import type { ChunkLabels } from "../session/chunk-result.ts";
import type { Decoder, PlacedPicture } from "./decoder.ts";
import type { ClassificationManifest } from "../manifest/manifest.ts";
import { floatsOf } from "../tensors/output-tensor.ts";

/** Decodes classifiers: the best labels of each picture, ties by the lower id. */
export class ClassificationDecoder implements Decoder {
  readonly #classes: number;
  readonly #activation: ClassificationManifest["output"]["activation"];
  readonly #most: number;
  #counts: number[] = [];
  #scores: number[] = [];
  #classIds: number[] = [];

  constructor({ labels, output, thresholds }: ClassificationManifest) {
    this.#classes = labels.length;
    this.#activation = output.activation;
    this.#most = Math.min(thresholds.most, labels.length);
  }

  add([output]: readonly Tensor[], pictures: readonly (PlacedPicture | undefined)[]): void {
    const values = floatsOf(output!);
    for (const [slot, picture] of pictures.entries()) {
      if (picture === undefined) continue;
      const scores = this.#activated(
        values.subarray(slot * this.#classes, (slot + 1) * this.#classes),
      );
      const order = Int32Array.from(scores, (_, i) => i).sort(
        (a, b) => scores[b]! - scores[a]! || a - b,
      );
      let count = 0;
      for (const classId of order.subarray(0, this.#most)) {
        if (!(scores[classId]! >= picture.minScore)) break;
        this.#scores.push(scores[classId]!);
        this.#classIds.push(classId);
        count++;
      }
      this.#counts.push(count);
    }
  }

  take(): ChunkLabels {
    const result = {
      task: "classification",
      counts: Int32Array.from(this.#counts),
      scores: Float32Array.from(this.#scores),
      classIds: Int32Array.from(this.#classIds),
    } as const;
    this.#counts = [];
    this.#scores = [];
    this.#classIds = [];
    return result;
  }

  #activated(values: Float32Array): Float64Array | Float32Array {
    switch (this.#activation) {
      case "none":
        return values;
      case "sigmoid":
        return Float64Array.from(values, (value) => 1 / (1 + Math.exp(-value)));
      case "softmax": {
        const highest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
        const powers = Float64Array.from(values, (value) => Math.exp(value - highest));
        const sum = powers.reduce((a, b) => a + b, 0);
        return powers.map((power) => power / sum);
      }
    }
  }
}
