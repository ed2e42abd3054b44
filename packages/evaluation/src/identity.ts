import { solveAssignment } from "@framequeue/tracking";
import type { EvaluationSequence } from "./sequence.ts";

/** What the identity metrics count. Counts of several sequences add up. */
export interface IdentityCounts {
  /** Boxes of objects that were found by the one track that stands for the object (IDTP). */
  readonly idTruePositives: number;
  /** Predictions elsewhere (IDFP). */
  readonly idFalsePositives: number;
  /** Boxes of objects that their track did not find (IDFN). */
  readonly idFalseNegatives: number;
}

/** All 0 to 1; 0 where the divisor is. */
export interface IdentityScores extends IdentityCounts {
  readonly idf1: number;
  readonly idPrecision: number;
  readonly idRecall: number;
}

/**
 * Counts after Ristani et al., "Performance measures and a data set for multi-target, multi-camera tracking" (2016),
 * section 4: objects and tracks are mapped one to one over the whole sequence so that IDFP + IDFN is least, which is the
 * same as the most frames in which mapped identities overlap.
 *
 * @param iouThreshold least overlap of a pair, above 0 up to 1; met exactly, as in the MOTChallenge evaluation, which
 *   allows for rounding in CLEAR alone
 */
export function identityCounts(sequence: EvaluationSequence, iouThreshold = 0.5): IdentityCounts {
  const { frames, objectCount, trackCount } = sequence;
  /** Minus the frames in which object and track overlap, row-major `[objectCount, trackCount]`. */
  const costs = new Float64Array(objectCount * trackCount);
  let objectBoxes = 0;
  let trackBoxes = 0;
  for (const { objects, tracks, overlaps } of frames) {
    objectBoxes += objects.length;
    trackBoxes += tracks.length;
    for (const [row, object] of objects.entries()) {
      for (const [column, track] of tracks.entries()) {
        const together = overlaps[row * tracks.length + column]! >= iouThreshold;
        if (together) costs[object * trackCount + track]!--;
      }
    }
  }
  let idTruePositives = 0;
  for (const [object, track] of solveAssignment(costs, objectCount, trackCount).entries()) {
    if (track >= 0) idTruePositives -= costs[object * trackCount + track]!;
  }
  return {
    idTruePositives,
    idFalsePositives: trackBoxes - idTruePositives,
    idFalseNegatives: objectBoxes - idTruePositives,
  };
}

/**
 *     IDP = IDTP / (IDTP + IDFP)    IDR = IDTP / (IDTP + IDFN)    IDF1 = 2 IDTP / (2 IDTP + IDFP + IDFN)
 */
export function identityScores(counts: IdentityCounts): IdentityScores {
  const { idTruePositives: hits, idFalsePositives, idFalseNegatives } = counts;
  return {
    ...counts,
    idf1: ratio(2 * hits, 2 * hits + idFalsePositives + idFalseNegatives),
    idPrecision: ratio(hits, hits + idFalsePositives),
    idRecall: ratio(hits, hits + idFalseNegatives),
  };
}

function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}
