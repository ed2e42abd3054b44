/**
 * Exact greedy non-maximum suppression within each class.
 *
 * Candidates are visited by falling score, ties by lower index. One is kept unless its IoU with a
 * kept candidate of the same class is strictly above the threshold; an IoU equal to the threshold
 * suppresses nothing. IoU is that of real-valued rectangles (no +1 pixel), in 64-bit arithmetic.
 * Candidates whose score or box is NaN are never kept; empty boxes overlap nothing.
 *
 * @param boxesXyxy `[n, 4]` corners, in any one space
 * @param scores `[n]`
 * @param classIds `[n]`; give all candidates one id for class-agnostic suppression
 * @param iouThreshold 0 to 1
 * @param maxDetections stop when this many are kept
 * @returns indices of the kept candidates by falling score
 * @throws RangeError if the lengths disagree
 */
export function nms(
  boxesXyxy: Float32Array,
  scores: Float32Array,
  classIds: Int32Array,
  iouThreshold: number,
  maxDetections: number = Number.POSITIVE_INFINITY,
): Int32Array {
  const count = scores.length;
  if (boxesXyxy.length !== 4 * count || classIds.length !== count) {
    throw new RangeError(
      `NMS needs 4 coordinates and a class per score: ${boxesXyxy.length} coordinates, ` +
        `${classIds.length} classes, ${count} scores`,
    );
  }
  const areas = new Float64Array(count);
  const valid: number[] = [];
  for (let i = 0; i < count; i++) {
    areas[i] = areaAt(boxesXyxy, 4 * i);
    if (!Number.isNaN(areas[i]) && !Number.isNaN(scores[i])) valid.push(i);
  }
  const order = Int32Array.from(valid).sort((a, b) => scores[b]! - scores[a]! || a - b);

  const kept: number[] = [];
  const keptByClass = new Map<number, number[]>();
  for (const candidate of order) {
    if (kept.length >= maxDetections) break;
    const classId = classIds[candidate]!;
    let rivals = keptByClass.get(classId);
    if (rivals === undefined) {
      rivals = [];
      keptByClass.set(classId, rivals);
    }
    if (isSuppressed(boxesXyxy, areas, rivals, candidate, iouThreshold)) continue;
    rivals.push(candidate);
    kept.push(candidate);
  }
  return Int32Array.from(kept);
}

function areaAt(boxes: Float32Array, at: number): number {
  return Math.max(0, boxes[at + 2]! - boxes[at]!) * Math.max(0, boxes[at + 3]! - boxes[at + 1]!);
}

function isSuppressed(
  boxes: Float32Array,
  areas: Float64Array,
  rivals: readonly number[],
  candidate: number,
  threshold: number,
): boolean {
  const at = 4 * candidate;
  const x1 = boxes[at]!;
  const y1 = boxes[at + 1]!;
  const x2 = boxes[at + 2]!;
  const y2 = boxes[at + 3]!;
  for (const rival of rivals) {
    const r = 4 * rival;
    const width = Math.min(x2, boxes[r + 2]!) - Math.max(x1, boxes[r]!);
    if (!(width > 0)) continue;
    const height = Math.min(y2, boxes[r + 3]!) - Math.max(y1, boxes[r + 1]!);
    if (!(height > 0)) continue;
    const intersection = width * height;
    if (intersection / (areas[candidate]! + areas[rival]! - intersection) > threshold) return true;
  }
  return false;
}
