import type { Letterbox } from "@framequeue/vision";
import { clipBox, nms, unletterbox } from "@framequeue/vision";
import type { Tensor } from "onnxruntime-node";
import { Candidates } from "./candidates.ts";
import type { ChunkDetections } from "./chunk-result.ts";
import type { Decoder, PlacedPicture } from "./decoder.ts";
import { SelectedHead, TableHead } from "./finished-heads.ts";
import type { DetectionManifest } from "./manifest.ts";
import { boxSpace } from "./manifest-output.ts";
import { QueryHead } from "./query-head.ts";
import { SsdHead } from "./ssd-head.ts";
import { Yolov5Head, Yolov8Head } from "./yolo-heads.ts";
import { YoloxHead } from "./yolox.ts";

/** What a family of detectors puts out, read as candidates: boxes in input pixels that may still overlap. */
export interface DetectionHead {
  /** Adds the candidates of one picture that reach the score. */
  read(outputs: readonly Tensor[], slot: number, minScore: number, into: Candidates): void;
}

/** Decodes detectors: candidates of the family's head, suppression, and back into the source's pixels. */
export class DetectionDecoder implements Decoder {
  readonly #head: DetectionHead;
  readonly #iou: number | undefined;
  readonly #most: number;
  readonly #labels: number;
  readonly #inSource: boolean;
  readonly #candidates = new Candidates();
  #counts: number[] = [];
  #boxes: number[] = [];
  #scores: number[] = [];
  #classIds: number[] = [];

  constructor(manifest: DetectionManifest) {
    const { thresholds, labels, output } = manifest;
    this.#head = createHead(manifest);
    this.#iou = thresholds.iou;
    this.#most = thresholds.most ?? Number.POSITIVE_INFINITY;
    this.#labels = labels.length;
    this.#inSource = boxSpace(output) === "source";
  }

  add(outputs: readonly Tensor[], pictures: readonly (PlacedPicture | undefined)[]): void {
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
    const { boxes, classIds, scores } = this.#candidates;
    const { width, height } = plan.source;
    let count = 0;
    for (const index of this.#ranked()) {
      const at = 4 * index;
      const given = [boxes[at]!, boxes[at + 1]!, boxes[at + 2]!, boxes[at + 3]!] as const;
      const box = clipBox(this.#inSource ? given : unletterbox(given, plan), width, height);
      // a box wholly in the padding shows nothing of the source
      if (!(box[2] > box[0] && box[3] > box[1])) continue;
      this.#boxes.push(...box);
      this.#scores.push(scores[index]!);
      this.#classIds.push(classIds[index]!);
      count++;
    }
    return count;
  }

  /** Those that stay, best first. */
  #ranked(): Int32Array {
    const { boxes, scores, classIds } = this.#candidates;
    const strange = classIds.find((classId) => classId >= this.#labels);
    if (strange !== undefined) {
      throw new Error(
        `it found something of class ${strange}, and there are ${this.#labels} labels`,
      );
    }
    if (this.#iou !== undefined) return nms(boxes, scores, classIds, this.#iou, this.#most);
    const order = Int32Array.from(scores, (_, index) => index);
    return order.sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, this.#most);
  }
}

function createHead({ input, output, labels }: DetectionManifest): DetectionHead {
  switch (output.decoder) {
    case "yolox":
      return new YoloxHead(input, output, labels.length);
    case "yolov5":
      return new Yolov5Head(labels.length);
    case "yolov8":
      return new Yolov8Head(labels.length);
    case "queries":
      return new QueryHead(input, output);
    case "ssd":
      return new SsdHead(input, output);
    case "selected":
      return new SelectedHead(input, output);
    case "table":
      return new TableHead(input, output);
  }
}
