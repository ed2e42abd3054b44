import { solveAssignment } from "@framequeue/tracking";
import { ROUNDING } from "./sequence.ts";
import type { EvaluationFrame, EvaluationSequence } from "./sequence.ts";

/** What the CLEAR MOT metrics count. Counts of several sequences add up. */
export interface ClearCounts {
  /** Boxes of objects that were found (TP). */
  readonly truePositives: number;
  /** Predictions without an object (FP). */
  readonly falsePositives: number;
  /** Boxes of objects that were missed (FN). */
  readonly falseNegatives: number;
  /** Times an object was found under another id than last time (IDSW). */
  readonly idSwitches: number;
  /** Times an object was found again after it had been lost (Frag). */
  readonly fragmentations: number;
  /** Objects found in more than 80 % of their frames (MT). */
  readonly mostlyTracked: number;
  /** Objects found in 20 % to 80 % of their frames (PT). */
  readonly partlyTracked: number;
  /** Objects found in less than 20 % of their frames (ML). */
  readonly mostlyLost: number;
  /** Sum of the IoU over the true positives. */
  readonly overlapSum: number;
}

export interface ClearScores extends ClearCounts {
  /** Accuracy, at most 1 and without a lower bound; 0 where nothing is scored. */
  readonly mota: number;
  /** Precision of the boxes: mean IoU of the true positives, 0 to 1; 0 where there is none. */
  readonly motp: number;
}

/** Outweighs any sum of overlaps in a frame. */
const CARRIED_OVER = 1000;

/**
 * Counts after Bernardin and Stiefelhagen, "Evaluating multiple object tracking performance: the CLEAR MOT metrics"
 * (2008), with the choices of the MOTChallenge evaluation:
 *
 * - In each frame, pairs of the frame before stay together while they overlap enough; the rest is assigned so that the
 *   sum of the overlaps is greatest. A frame without objects or without predictions leaves the pairs as they were.
 * - An identity switch compares with the track that found the object last, however long ago.
 *
 * @param iouThreshold least overlap of a pair, above 0 up to 1
 */
export function clearCounts(sequence: EvaluationSequence, iouThreshold = 0.5): ClearCounts {
  const { frames, objectCount } = sequence;
  const present = new Uint32Array(objectCount);
  const found = new Uint32Array(objectCount);
  const stretches = new Uint32Array(objectCount);
  const lastTrack = new Int32Array(objectCount).fill(-1);
  let predictions = 0;
  let idSwitches = 0;
  let overlapSum = 0;
  let pairs = new Map<number, number>();
  for (const frame of frames) {
    const { objects, tracks, overlaps } = frame;
    for (const object of objects) present[object]!++;
    predictions += tracks.length;
    if (objects.length === 0 || tracks.length === 0) continue;
    const before = pairs;
    pairs = new Map();
    for (const [row, column] of matchFrame(frame, before, iouThreshold)) {
      const object = objects[row]!;
      const track = tracks[column]!;
      pairs.set(object, track);
      overlapSum += overlaps[row * tracks.length + column]!;
      found[object]!++;
      if (lastTrack[object] !== -1 && lastTrack[object] !== track) idSwitches++;
      lastTrack[object] = track;
      if (!before.has(object)) stretches[object]!++;
    }
  }

  const shares = Array.from(found, (count, object) => count / present[object]!);
  const mostlyTracked = shares.filter((share) => share > 0.8).length;
  const mostlyLost = shares.filter((share) => share < 0.2).length;
  const truePositives = sum(found);
  return {
    truePositives,
    falsePositives: predictions - truePositives,
    falseNegatives: sum(present) - truePositives,
    idSwitches,
    fragmentations: sum(stretches.map((count) => Math.max(0, count - 1))),
    mostlyTracked,
    partlyTracked: objectCount - mostlyTracked - mostlyLost,
    mostlyLost,
    overlapSum,
  };
}

/**
 *     MOTA = (TP - FP - IDSW) / (TP + FN)      MOTP = sum of IoU over TP / TP
 */
export function clearScores(counts: ClearCounts): ClearScores {
  const { truePositives, falsePositives, falseNegatives, idSwitches, overlapSum } = counts;
  const scored = truePositives + falseNegatives;
  return {
    ...counts,
    mota: scored === 0 ? 0 : (truePositives - falsePositives - idSwitches) / scored,
    motp: truePositives === 0 ? 0 : overlapSum / truePositives,
  };
}

/** Pairs of row and column in one frame that has both. */
function matchFrame(
  { objects, tracks, overlaps }: EvaluationFrame,
  before: ReadonlyMap<number, number>,
  iouThreshold: number,
): [row: number, column: number][] {
  const columns = tracks.length;
  const costs = overlaps.map((overlap, at) => {
    if (overlap < iouThreshold - ROUNDING) return 0;
    const carried = before.get(objects[Math.floor(at / columns)]!) === tracks[at % columns];
    return -(overlap + (carried ? CARRIED_OVER : 0));
  });
  const pairs: [number, number][] = [];
  for (const [row, column] of solveAssignment(costs, objects.length, columns).entries()) {
    if (column >= 0 && costs[row * columns + column]! < 0) pairs.push([row, column]);
  }
  return pairs;
}

function sum(values: Uint32Array): number {
  return values.reduce((total, value) => total + value, 0);
}
