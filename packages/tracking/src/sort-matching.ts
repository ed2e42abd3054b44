import type { BoxXyxy } from "@framequeue/vision";
import { solveAssignment } from "./assignment.ts";
import type { Observation } from "./association.ts";
import { iouMatrix, unambiguousPairs } from "./iou-matrix.ts";

/**
 * Pairs observations with boxes by the rule of SORT and OC-SORT: pairs that overlap by more than the threshold are taken
 * as they are where no box and no observation has two; else the sum of IoU is made as large as possible, and pairs that
 * overlap by less than the threshold are dropped.
 *
 * @param addBonus adds to the IoU of all pairs, row-major `[observations, boxes]`, what a pair is worth beside it; has
 *   no say in what is taken as it is, nor in what is dropped
 * @returns the index of the box per observation, or -1
 */
export function matchByOverlap(
  observations: readonly Observation[],
  boxes: readonly BoxXyxy[],
  iouThreshold: number,
  addBonus?: (gains: Float64Array) => void,
): Int32Array {
  const rows = observations.length;
  const columns = boxes.length;
  const overlaps = iouMatrix(
    observations.map(({ box }) => box),
    boxes,
  );
  // Whatever the optimum is, nothing of it would survive.
  if (!overlaps.some((overlap) => overlap >= iouThreshold)) return new Int32Array(rows).fill(-1);
  const clear = unambiguousPairs(overlaps, rows, columns, iouThreshold);
  if (clear !== null) return clear;

  const gains = overlaps.slice();
  addBonus?.(gains);
  return solveThenRejectByOverlap(gains, overlaps, rows, columns, iouThreshold);
}

/**
 * The same without taking clear pairs as they are, and only where some pair overlaps by more than the threshold: the
 * rule by which OC-SORT recovers tracks (OCR).
 */
export function recoverByOverlap(
  observations: readonly Observation[],
  boxes: readonly BoxXyxy[],
  iouThreshold: number,
): Int32Array {
  const rows = observations.length;
  const columns = boxes.length;
  const overlaps = iouMatrix(
    observations.map(({ box }) => box),
    boxes,
  );
  if (!overlaps.some((overlap) => overlap > iouThreshold)) return new Int32Array(rows).fill(-1);
  return solveThenRejectByOverlap(overlaps, overlaps, rows, columns, iouThreshold);
}

function solveThenRejectByOverlap(
  gains: Float64Array,
  overlaps: Float64Array,
  rows: number,
  columns: number,
  iouThreshold: number,
): Int32Array {
  const costs = gains.map((gain) => -gain);
  const boxOf = solveAssignment(costs, rows, columns);
  for (let row = 0; row < rows; row++) {
    const box = boxOf[row]!;
    if (box >= 0 && overlaps[row * columns + box]! < iouThreshold) boxOf[row] = -1;
  }
  return boxOf;
}
