import type { Size } from "@framequeue/vision";
import { Candidates } from "../decoders/candidates.ts";
import { createHead } from "../decoders/create-head.ts";
import type { ClassificationManifest, ImageManifest, BoxManifest } from "../manifest/manifest.ts";
import { needsSuppression } from "../manifest/manifest-facts.ts";
import { floatsOf, type OutputTensor } from "../tensors/output-tensor.ts";

/** What a model put out cannot be what its manifest says it is. The message is a clause that says what was seen. */
export class Implausible extends Error {
  override readonly name = "Implausible";
}

/** Rounding and quantisation reach so far beyond 0 and 1. */
const SLACK = 0.01;
/** A box is near a picture if its centre is at most one picture away, and it is no longer than four. */
const AWAY = 1;
const LONGEST = 4;
/** Of the places of a detector, those that are near; of one that is read right nearly all are. */
const LEAST_NEAR = 0.5;
/** Sums of probabilities differ from 1 by rounding. */
const SUM_SLACK = 1e-3;
/** Of finished detections, those whose boxes mean something. */
const LEAST_SCORE = 0.05;

/** Whether no detector that is read right finds something of that score: it is no share. */
export function isNoScore(score: number): boolean {
  return score > 1 + SLACK;
}

/** Whether a box is so far outside a picture, or so much larger, that no detector that is read right finds it there. */
export function isFar(
  [x1, y1, x2, y2]: ArrayLike<number> & Iterable<number>,
  { width, height }: Size,
): boolean {
  return !(isNear(x1!, x2!, width) && isNear(y1!, y2!, height));
}

function isNear(from: number, to: number, side: number): boolean {
  const centre = (from + to) / 2;
  const length = to - from;
  return (
    centre >= -AWAY * side && centre <= (1 + AWAY) * side && length >= 0 && length <= LONGEST * side
  );
}

/** A detector's places all lie in or near the picture, if their numbers are read right. */
export function checkObjects(manifest: BoxManifest, outputs: readonly OutputTensor[]): void {
  const { input, output } = manifest;
  const isDense = needsSuppression(output);
  const found = new Candidates();
  // raw queries are logits, whose least score is 0; what finished detections leave empty may have any
  const least = isDense ? Number.NEGATIVE_INFINITY : output.decoder === "queries" ? 0 : LEAST_SCORE;
  createHead(manifest).read(outputs, 0, least, found);
  const { scores } = found;
  if (found.count === 0) return;
  let [lowest, highest] = [Infinity, -Infinity];
  for (const score of scores) {
    if (score < lowest) lowest = score;
    if (score > highest) highest = score;
  }
  if (lowest > highest) throw new Implausible("none of its scores is a number");
  if (isNoScore(highest) || lowest < -SLACK) {
    throw new Implausible(
      `its scores go from ${short(lowest)} to ${short(highest)}, and a score is 0 to 1`,
    );
  }
  checkBoxes(found, input);
}

/** Of the boxes whose corners are numbers, the share that is in or near a picture of that size; 1 where there are none. */
export function nearShare({ boxes, count }: Candidates, size: Size): number {
  let [finite, near] = [0, 0];
  for (let i = 0; i < count; i++) {
    const box = boxes.subarray(4 * i, 4 * i + 4);
    // hand-made detectors divide by zero where they see nothing
    if (box.some(Number.isNaN)) continue;
    finite++;
    if (!isFar(box, size)) near++;
  }
  return finite === 0 ? 1 : near / finite;
}

function checkBoxes(found: Candidates, input: Size): void {
  const share = nearShare(found, input);
  const boxes = Array.from({ length: found.count }, (_, i) =>
    found.boxes.subarray(4 * i, 4 * i + 4),
  );
  if (share < LEAST_NEAR) {
    const far = boxes.find((box) => !box.some(Number.isNaN) && isFar(box, input))!;
    throw new Implausible(
      `only ${Math.round(100 * share)} % of its boxes are in or near the picture of ${input.width}x${input.height}; ` +
        `one is [${[...far].map(short).join(", ")}]`,
    );
  }
  const isInCorner = (box: Float32Array): boolean => box.every((value) => Math.abs(value) <= 2);
  if (boxes.every(isInCorner)) {
    throw new Implausible(
      "all of its boxes are in the first 2 pixels: they are shares of the picture",
    );
  }
}

export function checkScores(
  { output: { activation }, labels }: ClassificationManifest,
  [scores]: readonly OutputTensor[],
): void {
  const values = floatsOf(scores!).subarray(0, labels.length);
  const { lowest, highest, areProbabilities } = describeScores(values);
  if (activation === "none" && (highest > 1 + SLACK || lowest < -SLACK)) {
    throw new Implausible(
      `its numbers go from ${short(lowest)} to ${short(highest)}: logits, and the manifest's output.activation is none`,
    );
  }
  if (activation === "softmax" && areProbabilities) {
    throw new Implausible(
      "its numbers are 0 to 1 and their sum is 1: probabilities, and the manifest's output.activation is softmax",
    );
  }
}

/** Whether the numbers of a classifier are probabilities already. */
export function describeScores(values: Float32Array): {
  readonly lowest: number;
  readonly highest: number;
  readonly areProbabilities: boolean;
} {
  let [lowest, highest, sum] = [Infinity, -Infinity, 0];
  for (const value of values) {
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
    sum += value;
  }
  const areProbabilities = lowest >= 0 && highest <= 1 && Math.abs(sum - 1) < SUM_SLACK;
  return { lowest, highest, areProbabilities };
}

export function checkPicture(
  { output: { scale } }: ImageManifest,
  [picture]: readonly OutputTensor[],
): void {
  const values = floatsOf(picture!);
  let outside = 0;
  let highest = -Infinity;
  for (const value of values) {
    if (value * scale > 2 * 255 || value * scale < -255) outside++;
    if (value > highest) highest = value;
  }
  if (outside <= values.length / 2) return;
  throw new Implausible(
    `its values go up to ${short(highest)}, which output.scale makes ${short(highest * scale)}, and a pixel is 0 to 255`,
  );
}

function short(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : String(value);
}
