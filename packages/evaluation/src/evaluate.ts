import { clearCounts, clearScores } from "./clear.ts";
import type { ClearCounts, ClearScores } from "./clear.ts";
import { HOTA_THRESHOLDS, hotaCounts, hotaScores } from "./hota.ts";
import type { HotaLevel, HotaScores } from "./hota.ts";
import { identityCounts, identityScores } from "./identity.ts";
import type { IdentityCounts, IdentityScores } from "./identity.ts";
import { alignSequence } from "./sequence.ts";
import type { IdentifiedBox, TruthBox } from "./sequence.ts";

export interface TrackingCounts extends ClearCounts, IdentityCounts {
  /** One entry per threshold of HOTA. */
  readonly hotaLevels: readonly HotaLevel[];
}
export interface TrackingScores extends ClearScores, IdentityScores, HotaScores {}

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
  return {
    ...clearCounts(sequence, iouThreshold),
    ...identityCounts(sequence, iouThreshold),
    hotaLevels: hotaCounts(sequence),
  };
}

/** CLEAR, identity and HOTA metrics of one sequence, or over several: the counts are added before the ratios are taken. */
export function trackingScores(...sequences: readonly TrackingCounts[]): TrackingScores {
  const total: ClearCounts & IdentityCounts = {
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
  const levels = HOTA_THRESHOLDS.map((_, i) => addLevels(sequences.map((s) => s.hotaLevels[i]!)));
  return { ...clearScores(total), ...identityScores(total), ...hotaScores(levels) };
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

function addLevels(levels: readonly HotaLevel[]): HotaLevel {
  const add = (key: keyof HotaLevel): number =>
    levels.reduce((total, level) => total + level[key], 0);
  return {
    truePositives: add("truePositives"),
    falsePositives: add("falsePositives"),
    falseNegatives: add("falseNegatives"),
    associationSum: add("associationSum"),
    overlapSum: add("overlapSum"),
  };
}

function sum(
  sequences: readonly TrackingCounts[],
  key: Exclude<keyof TrackingCounts, "hotaLevels">,
): number {
  return sequences.reduce((total, counts) => total + counts[key], 0);
}
