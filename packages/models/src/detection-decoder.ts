import type { Letterbox } from "@framequeue/vision";
import { clipBox, nms, unletterbox } from "@framequeue/vision";
import type { Tensor } from "onnxruntime-node";
import { Candidates } from "./candidates.ts";
import type { ChunkDetections, ChunkInstances } from "./chunk-result.ts";
import type { Decoder, PlacedPicture } from "./decoder.ts";
import { SelectedHead, TableHead } from "./finished-heads.ts";
import type { MaskReader } from "./instance-masks.ts";
import { maskReader } from "./instance-masks.ts";
import type { ObjectManifest } from "./manifest.ts";
import { boxSpace } from "./manifest-facts.ts";
import { MaskCollector } from "./mask-collector.ts";
import { QueryHead } from "./query-head.ts";
import { SsdHead } from "./ssd-head.ts";
import { Yolov5Head, Yolov8Head } from "./yolo-heads.ts";
import { YoloxHead } from "./yolox.ts";

/** What a family of detectors puts out, read as candidates: boxes in input pixels that may still overlap. */
export interface DetectionHead {
  /** Adds the candidates of one picture that reach the score. */
  read(outputs: readonly Tensor[], slot: number, minScore: number, into: Candidates): void;
}

/**
 * Decodes detectors: candidates of the family's head, suppression, and back into the source's pixels. Of models that
 * segment what they find, it also reads a mask for each detection that stays.
 */
export class DetectionDecoder implements Decoder {
  readonly #head: DetectionHead;
  readonly #iou: number | undefined;
  readonly #most: number;
  readonly #labels: number;
  readonly #inSource: boolean;
  readonly #readMask: MaskReader | undefined;
  readonly #candidates = new Candidates();
  readonly #masks = new MaskCollector();
  #counts: number[] = [];
  #boxes: number[] = [];
  #scores: number[] = [];
  #classIds: number[] = [];

  constructor(manifest: ObjectManifest) {
    const { thresholds, labels, output } = manifest;
    this.#head = createHead(manifest);
    this.#iou = thresholds.iou;
    this.#most = thresholds.most ?? Number.POSITIVE_INFINITY;
    this.#labels = labels.length;
    this.#inSource = boxSpace(output) === "source";
    this.#readMask = manifest.task === "instance-segmentation" ? maskReader(manifest) : undefined;
  }

  add(outputs: readonly Tensor[], pictures: readonly (PlacedPicture | undefined)[]): void {
    for (const [slot, picture] of pictures.entries()) {
      if (picture === undefined) continue;
      const { plan, minScore } = picture;
      this.#candidates.clear();
      this.#head.read(outputs, slot, minScore, this.#candidates);
      this.#counts.push(this.#keep(outputs, slot, plan));
    }
  }

  take(): ChunkDetections | ChunkInstances {
    const found = {
      counts: Int32Array.from(this.#counts),
      boxes: Float32Array.from(this.#boxes),
      scores: Float32Array.from(this.#scores),
      classIds: Int32Array.from(this.#classIds),
    };
    const masks = this.#masks.take();
    this.#counts = [];
    this.#boxes = [];
    this.#scores = [];
    this.#classIds = [];
    return this.#readMask === undefined
      ? { task: "detection", ...found }
      : { task: "instance-segmentation", ...found, ...masks };
  }

  /** Adds the candidates that no better one of their class hides, by falling score; returns how many. */
  #keep(outputs: readonly Tensor[], slot: number, plan: Letterbox): number {
    const { boxes, classIds, scores, places } = this.#candidates;
    const { width, height } = plan.source;
    let count = 0;
    for (const index of this.#ranked()) {
      const at = 4 * index;
      const given = [boxes[at]!, boxes[at + 1]!, boxes[at + 2]!, boxes[at + 3]!] as const;
      const whole = this.#inSource ? given : unletterbox(given, plan);
      const box = clipBox(whole, width, height);
      // a box wholly in the padding shows nothing of the source
      if (!(box[2] > box[0] && box[3] > box[1])) continue;
      this.#boxes.push(...box);
      this.#scores.push(scores[index]!);
      this.#classIds.push(classIds[index]!);
      if (this.#readMask !== undefined) {
        const detection = { slot, place: places[index]!, box, whole, plan };
        this.#masks.add(this.#readMask(outputs, detection));
      }
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

function createHead({ input, output, labels }: ObjectManifest): DetectionHead {
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
