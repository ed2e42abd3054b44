import { solveAssignment } from "@framequeue/tracking";
import { ROUNDING } from "./sequence.ts";
import type { EvaluationFrame, EvaluationSequence } from "./sequence.ts";

/** What the HOTA metrics count at one threshold. Counts of several sequences add up. */
export interface HotaLevel {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  /** Sum over the true positives of how well their two identities are associated, each 0 to 1. */
  readonly associationSum: number;
  /** Sum of their IoU. */
  readonly overlapSum: number;
}

/** All 0 to 1, means over the thresholds. */
export interface HotaScores {
  readonly hota: number;
  /** Detection: share of what is right among all that is there or was found. */
  readonly detA: number;
  /** Association: how long the identities of a right box agree. */
  readonly assA: number;
  /** Localisation: mean IoU of what is right. */
  readonly locA: number;
}

/** Least overlaps of a pair: 0.05 to 0.95. */
export const HOTA_THRESHOLDS: readonly number[] = Array.from(
  { length: 19 },
  (_, i) => (i + 1) * 0.05,
);

interface OpenLevel {
  truePositives: number;
  overlapSum: number;
  /** Frames in which object and track were paired, by their place in `[objectCount, trackCount]`. */
  readonly framesTogether: Map<number, number>;
}

/**
 * Counts after Luiten et al., "HOTA: a higher order metric for evaluating multi-object tracking" (2021), section 5: in each
 * frame, objects and tracks are assigned so that the sum of IoU times the agreement of their identities over the whole
 * sequence is greatest; a pair counts at every threshold that it overlaps by.
 *
 * @returns one entry per threshold
 */
export function hotaCounts(sequence: EvaluationSequence): HotaLevel[] {
  const { frames, objectCount, trackCount } = sequence;
  const objectFrames = new Float64Array(objectCount);
  const trackFrames = new Float64Array(trackCount);
  for (const { objects, tracks } of frames) {
    for (const object of objects) objectFrames[object]!++;
    for (const track of tracks) trackFrames[track]!++;
  }
  const agreements = agreementsOf(sequence, objectFrames, trackFrames);
  const levels = HOTA_THRESHOLDS.map((): OpenLevel => {
    return { truePositives: 0, overlapSum: 0, framesTogether: new Map() };
  });
  for (const frame of frames) pairFrame(frame, agreements, trackCount, levels);

  const scored = sum(objectFrames);
  const predicted = sum(trackFrames);
  return levels.map(({ truePositives, overlapSum, framesTogether }) => {
    let associationSum = 0;
    for (const [place, together] of framesTogether) {
      const object = Math.floor(place / trackCount);
      const apart = objectFrames[object]! + trackFrames[place % trackCount]! - together;
      associationSum += (together * together) / apart;
    }
    return {
      ...{ truePositives, overlapSum, associationSum },
      falsePositives: predicted - truePositives,
      falseNegatives: scored - truePositives,
    };
  });
}

/**
 *     DetA = TP / (TP + FN + FP)    AssA = association / TP    LocA = IoU / TP    HOTA = sqrt(DetA AssA)
 *
 * each per threshold. Where nothing is right, LocA is 1 there and the others are 0.
 */
export function hotaScores(levels: readonly HotaLevel[]): HotaScores {
  const detA = levels.map((level) =>
    ratio(level.truePositives, level.truePositives + level.falseNegatives + level.falsePositives),
  );
  const assA = levels.map((level) => ratio(level.associationSum, level.truePositives));
  const locA = levels.map(({ truePositives, overlapSum }) =>
    truePositives === 0 ? 1 : overlapSum / truePositives,
  );
  return {
    hota: mean(detA.map((value, i) => Math.sqrt(value * assA[i]!))),
    detA: mean(detA),
    assA: mean(assA),
    locA: mean(locA),
  };
}

/** How well two identities agree over the sequence, 0 to 1, row-major `[objectCount, trackCount]`. */
function agreementsOf(
  { frames, objectCount, trackCount }: EvaluationSequence,
  objectFrames: Float64Array,
  trackFrames: Float64Array,
): Float64Array {
  const agreements = new Float64Array(objectCount * trackCount);
  for (const { objects, tracks, overlaps } of frames) {
    const columns = tracks.length;
    const columnSums = tracks.map((_, column) => {
      let total = 0;
      for (let at = column; at < overlaps.length; at += columns) total += overlaps[at]!;
      return total;
    });
    for (const [row, object] of objects.entries()) {
      const ofRow = overlaps.subarray(row * columns, (row + 1) * columns);
      const rowSum = sum(ofRow);
      for (const [column, track] of tracks.entries()) {
        const overlap = ofRow[column]!;
        const all = rowSum + columnSums[column]! - overlap;
        if (all > ROUNDING) agreements[object * trackCount + track]! += overlap / all;
      }
    }
  }
  return agreements.map((together, place) => {
    const object = Math.floor(place / trackCount);
    return together / (objectFrames[object]! + trackFrames[place % trackCount]! - together);
  });
}

function pairFrame(
  { objects, tracks, overlaps }: EvaluationFrame,
  agreements: Float64Array,
  trackCount: number,
  levels: readonly OpenLevel[],
): void {
  const columns = tracks.length;
  if (objects.length === 0 || columns === 0) return;
  const costs = overlaps.map((overlap, at) => {
    const place = objects[Math.floor(at / columns)]! * trackCount + tracks[at % columns]!;
    return -(agreements[place]! * overlap);
  });
  for (const [row, column] of solveAssignment(costs, objects.length, columns).entries()) {
    if (column < 0) continue;
    const overlap = overlaps[row * columns + column]!;
    const place = objects[row]! * trackCount + tracks[column]!;
    for (const [i, level] of levels.entries()) {
      if (overlap < HOTA_THRESHOLDS[i]! - ROUNDING) break;
      level.truePositives++;
      level.overlapSum += overlap;
      level.framesTogether.set(place, (level.framesTogether.get(place) ?? 0) + 1);
    }
  }
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}
