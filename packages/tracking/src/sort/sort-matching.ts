import type { BoxXyxy } from "@framequeue/vision";
import { solveAssignment } from "../assignment/assignment.ts";
import type { Observation } from "../association.ts";
import { solvePairs, takeForcedPairs, unambiguousPairs } from "../assignment/pair-assignment.ts";
import type { PairList } from "../assignment/pair-list.ts";

/** What a pair is worth beside its overlap. */
export interface PairBonus {
  /** No bonus is further from 0. */
  readonly bound: number;
  of(observation: number, box: number): number;
}

/**
 * Pairs observations with boxes by the rule of SORT and OC-SORT: pairs that overlap by more than the threshold are taken
 * as they are where no box and no observation has two; else the sum of IoU and bonus is made as large as possible, and
 * pairs that overlap by less than the threshold are dropped. Boxes that lie apart never match.
 *
 * @param pairs memory
 * @param bonus has no say in what is taken as it is, nor in what is dropped
 * @returns the index of the box per observation, or -1
 */
export function matchByOverlap(
  pairs: PairList,
  observations: readonly Observation[],
  boxes: readonly BoxXyxy[],
  iouThreshold: number,
  bonus?: PairBonus,
): Int32Array {
  fill(pairs, observations, boxes);
  const [rows, columns] = [observations.length, boxes.length];
  const clear = unambiguousPairs(pairs, rows, columns, iouThreshold);
  if (clear !== null) return clear;
  const boxOf =
    bonus === undefined
      ? solvePairs(pairs, rows, columns)
      : solveWithBonus(pairs, rows, columns, iouThreshold, bonus);
  return withoutWeakPairs(boxOf, pairs, iouThreshold);
}

/**
 * The same without taking clear pairs as they are, and only where some pair overlaps by more than the threshold: the
 * rule by which OC-SORT recovers tracks (OCR).
 */
export function recoverByOverlap(
  pairs: PairList,
  observations: readonly Observation[],
  boxes: readonly BoxXyxy[],
  iouThreshold: number,
): Int32Array {
  fill(pairs, observations, boxes);
  if (!hasPair(pairs, (overlap) => overlap > iouThreshold)) {
    return new Int32Array(observations.length).fill(-1);
  }
  const boxOf = solvePairs(pairs, observations.length, boxes.length);
  return withoutWeakPairs(boxOf, pairs, iouThreshold);
}

function fill(
  pairs: PairList,
  observations: readonly Observation[],
  boxes: readonly BoxXyxy[],
): void {
  pairs.fillWithIou(
    observations.map(({ box }) => box),
    boxes,
  );
}

/**
 * Every pair has a bonus, so that also those that lie apart take part in the optimum. But a bonus is small: most pairs
 * that overlap well are in every optimum, and only what they leave is a problem of all pairs.
 */
function solveWithBonus(
  pairs: PairList,
  rows: number,
  columns: number,
  iouThreshold: number,
  bonus: PairBonus,
): Int32Array {
  const boxOf = new Int32Array(rows).fill(-1);
  for (let at = 0; at < pairs.count; at++) {
    pairs.gains[at] = pairs.overlaps[at]! + bonus.of(pairs.rows[at]!, pairs.columns[at]!);
  }
  const left = takeForcedPairs(pairs, rows, columns, boxOf, bonus.bound);
  // Whatever the optimum of the rest is, nothing of it would survive.
  if (!left.some((at) => pairs.overlaps[at]! >= iouThreshold)) return boxOf;

  const taken = new Set(boxOf);
  const leftRows = [...boxOf.keys()].filter((row) => boxOf[row]! < 0);
  const leftColumns = Array.from({ length: columns }, (_, column) => column).filter(
    (column) => !taken.has(column),
  );
  const costs = new Float64Array(leftRows.length * leftColumns.length);
  let place = 0;
  for (const row of leftRows)
    for (const column of leftColumns) costs[place++] = -bonus.of(row, column);
  const columnAt = new Int32Array(columns);
  for (const [i, column] of leftColumns.entries()) columnAt[column] = i;
  const rowAt = new Int32Array(rows);
  for (const [i, row] of leftRows.entries()) rowAt[row] = i;
  for (const at of left) {
    costs[rowAt[pairs.rows[at]!]! * leftColumns.length + columnAt[pairs.columns[at]!]!] =
      -pairs.gains[at]!;
  }
  const solved = solveAssignment(costs, leftRows.length, leftColumns.length);
  for (const [i, row] of leftRows.entries()) boxOf[row] = leftColumns[solved[i]!] ?? -1;
  return boxOf;
}

function withoutWeakPairs(boxOf: Int32Array, pairs: PairList, iouThreshold: number): Int32Array {
  const kept = new Int32Array(boxOf.length).fill(-1);
  for (let at = 0; at < pairs.count; at++) {
    const row = pairs.rows[at]!;
    const isPair = boxOf[row] === pairs.columns[at] && pairs.overlaps[at]! >= iouThreshold;
    if (isPair) kept[row] = pairs.columns[at]!;
  }
  return kept;
}

function hasPair(pairs: PairList, test: (overlap: number) => boolean): boolean {
  for (let at = 0; at < pairs.count; at++) if (test(pairs.overlaps[at]!)) return true;
  return false;
}
