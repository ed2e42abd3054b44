import type { Letterbox, Size } from "@framequeue/vision";
import { clipBox, nms, unletterbox } from "@framequeue/vision";
import type { Tensor } from "onnxruntime-node";
import { Candidates } from "./candidates.ts";
import type { ChunkObjects } from "../session/chunk-result.ts";
import type { Decoder, PlacedPicture } from "./decoder.ts";
import { createHead } from "./create-head.ts";
import type { DetectionHead } from "./detection-head.ts";
import type { MaskReader } from "./instance-masks.ts";
import { maskReader } from "./instance-masks.ts";
import type { BoxManifest } from "../manifest/manifest.ts";
import { boxSpace } from "../manifest/manifest-facts.ts";
import { MaskCollector } from "./mask-collector.ts";
import { Implausible, isFar, isNoScore } from "../checking/plausibility.ts";

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
  readonly #input: Size;
  readonly #readMask: MaskReader | undefined;
  readonly #candidates = new Candidates();
  readonly #masks = new MaskCollector();
  #counts: number[] = [];
  #boxes: number[] = [];
  #scores: number[] = [];
  #classIds: number[] = [];

  constructor(manifest: BoxManifest) {
    const { input, thresholds, labels, output } = manifest;
    this.#head = createHead(manifest);
    this.#iou = thresholds.iou;
    this.#most = thresholds.most ?? Number.POSITIVE_INFINITY;
    this.#labels = labels.length;
    this.#inSource = boxSpace(output) === "source";
    this.#input = input;
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

  take(): ChunkObjects {
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
    const fields =
      this.#readMask === undefined
        ? {}
        : { masks: { counts: masks.runCounts, values: masks.runs } };
    return { task: "objects", ...found, fields };
  }

  /** Adds the candidates that no better one of their class hides, by falling score; returns how many. */
  #keep(outputs: readonly Tensor[], slot: number, plan: Letterbox): number {
    const { boxes, classIds, scores, places } = this.#candidates;
    const { width, height } = plan.source;
    const space = this.#inSource ? plan.source : this.#input;
    const ranked = this.#ranked();
    let count = 0;
    let far = 0;
    for (const index of ranked) {
      const at = 4 * index;
      const given = [boxes[at]!, boxes[at + 1]!, boxes[at + 2]!, boxes[at + 3]!] as const;
      const score = scores[index]!;
      if (isNoScore(score)) {
        throw new Implausible(`it found something of score ${score}, and a score is 0 to 1`);
      }
      if (isFar(given, space) && ++far === ranked.length) {
        throw new Implausible(
          `all that it found is far outside the picture of ${space.width}x${space.height}; the last goes from [${given.join(", ")}]`,
        );
      }
      const whole = this.#inSource ? given : unletterbox(given, plan);
      const box = clipBox(whole, width, height);
      // a box wholly in the padding shows nothing of the source
      if (!(box[2] > box[0] && box[3] > box[1])) continue;
      this.#boxes.push(...box);
      this.#scores.push(score);
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
      throw new Implausible(
        `it found something of class ${strange}, and there are ${this.#labels} labels`,
      );
    }
    if (this.#iou !== undefined) return nms(boxes, scores, classIds, this.#iou, this.#most);
    const order = Int32Array.from(scores, (_, index) => index);
    return order.sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, this.#most);
  }
}
