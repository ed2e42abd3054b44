import { clearCounts, clearScores } from "./clear.ts";
import type { ClearCounts, ClearScores } from "./clear.ts";
import { identityCounts, identityScores } from "./identity.ts";
import type { IdentityCounts, IdentityScores } from "./identity.ts";
import { alignSequence } from "./sequence.ts";
import type { IdentifiedBox, TruthBox } from "./sequence.ts";

export interface TrackingCounts extends ClearCounts, IdentityCounts {}
export interface TrackingScores extends ClearScores, IdentityScores {}

/**
 * Counts how well tracks follow the ground truth of one sequence, whatever the classes.
 *
 * @throws RangeError if an id appears twice in a frame
 */
export function countTracking(
  truth: readonly TruthBox[],
  predictions: readonly IdentifiedBox[],
  iouThreshold = 0.5,
): TrackingCounts {
  const sequence = alignSequence(truth, predictions);
  return { ...clearCounts(sequence, iouThreshold), ...identityCounts(sequence, iouThreshold) };
}

/** CLEAR and identity metrics of one sequence, or over several: the counts are added before the ratios are taken. */
export function trackingScores(...sequences: readonly TrackingCounts[]): TrackingScores {
  const total: TrackingCounts = {
    truePositives: sum(sequences, "truePositives"),
    falsePositives: sum(sequences, "falsePositives"),
    falseNegatives: sum(sequences, "falseNegatives"),
    idSwitches: sum(sequences, "idSwitches"),
    fragmentations: sum(sequences, "fragmentations"),
    mostlyTracked: sum(sequences, "mostlyTracked"),
    partlyTracked: sum(sequences, "partlyTracked"),
    mostlyLost: sum(sequences, "mostlyLost"),
    overlapSum: sum(sequences, "overlapSum"),
    idTruePositives: sum(sequences, "idTruePositives"),
    idFalsePositives: sum(sequences, "idFalsePositives"),
    idFalseNegatives: sum(sequences, "idFalseNegatives"),
  };
  return { ...clearScores(total), ...identityScores(total) };
}

/** A box with its class. */
interface Classed {
  readonly classId: number;
}

/**
 * The same for each class that has scored objects, by class id: its objects against its predictions. An ignored object
 * excuses predictions of every class, since what does not count cannot be told apart well either.
 */
export function countTrackingByClass(
  truth: readonly (TruthBox & Classed)[],
  predictions: readonly (IdentifiedBox & Classed)[],
  iouThreshold = 0.5,
): Map<number, TrackingCounts> {
  const scored = truth.filter(({ use }) => use === "scored");
  const classIds = [...new Set(scored.map(({ classId }) => classId))].sort((a, b) => a - b);
  return new Map(
    classIds.map((wanted) => [
      wanted,
      countTracking(
        truth.filter(({ classId, use }) => classId === wanted || use !== "scored"),
        predictions.filter(({ classId }) => classId === wanted),
        iouThreshold,
      ),
    ]),
  );
}

function sum(sequences: readonly TrackingCounts[], key: keyof TrackingCounts): number {
  return sequences.reduce((total, counts) => total + counts[key], 0);
}
