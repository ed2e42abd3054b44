import type { Letterbox } from "@framequeue/vision";
import { clipBox, nms, unletterbox } from "@framequeue/vision";
import type { Tensor } from "onnxruntime-node";
import { Candidates } from "./candidates.ts";
import type { ChunkDetections } from "./chunk-result.ts";
import type { Decoder, PlacedPicture } from "./decoder.ts";
import type { DetectionManifest } from "./manifest.ts";
import { YoloxHead } from "./yolox.ts";

/** What a family of detectors puts out, read as candidates: boxes in input pixels that may still overlap. */
export interface DetectionHead {
  /** @throws Error whose message is a clause, if the outputs have other shapes */
  check(outputs: readonly Tensor[], slots: number): void;
  /** Adds the candidates of one picture that reach the score. */
  read(outputs: readonly Tensor[], slot: number, minScore: number, into: Candidates): void;
}

/** Decodes detectors: candidates of the family's head, suppression, and back into the source's pixels. */
export class DetectionDecoder implements Decoder {
  readonly #head: DetectionHead;
  readonly #slots: number;
  readonly #iou: number;
  readonly #candidates = new Candidates();
  #counts: number[] = [];
  #boxes: number[] = [];
  #scores: number[] = [];
  #classIds: number[] = [];

  constructor(manifest: DetectionManifest, slots: number) {
    this.#head = createHead(manifest);
    this.#slots = slots;
    this.#iou = manifest.thresholds.iou;
  }

  add(outputs: readonly Tensor[], pictures: readonly (PlacedPicture | undefined)[]): void {
    this.#head.check(outputs, this.#slots);
    for (const [slot, picture] of pictures.entries()) {
      if (picture === undefined) continue;
      const { plan, minScore } = picture;
      this.#candidates.clear();
      this.#head.read(outputs, slot, minScore, this.#candidates);
      this.#counts.push(this.#keep(plan));
    }
  }

  take(): ChunkDetections {
    const result = {
      task: "detection",
      counts: Int32Array.from(this.#counts),
      boxes: Float32Array.from(this.#boxes),
      scores: Float32Array.from(this.#scores),
      classIds: Int32Array.from(this.#classIds),
    } as const;
    this.#counts = [];
    this.#boxes = [];
    this.#scores = [];
    this.#classIds = [];
    return result;
  }

  /** Adds the candidates that no better one of their class hides, by falling score; returns how many. */
  #keep(plan: Letterbox): number {
    const { boxes, scores, classIds } = this.#candidates;
    const { width, height } = plan.source;
    let count = 0;
    for (const index of nms(boxes, scores, classIds, this.#iou)) {
      const at = 4 * index;
      const inInput = [boxes[at]!, boxes[at + 1]!, boxes[at + 2]!, boxes[at + 3]!] as const;
      const box = clipBox(unletterbox(inInput, plan), width, height);
      // a box wholly in the padding shows nothing of the source
      if (!(box[2] > box[0] && box[3] > box[1])) continue;
      this.#boxes.push(...box);
      this.#scores.push(scores[index]!);
      this.#classIds.push(classIds[index]!);
      count++;
    }
    return count;
  }
}

function createHead({ input, output, labels }: DetectionManifest): DetectionHead {
  switch (output.decoder) {
    case "yolox":
      return new YoloxHead(input, output, labels.length);
  }
}
