import type { Box } from "../packages/synth/src/index.ts";

export interface Detection {
  readonly frame: number;
  readonly classId: number;
  readonly score: number;
  readonly box: Box;
}

export interface Truth {
  readonly frame: number;
  readonly classId: number;
  readonly scored: boolean;
  readonly box: Box;
}

/** What became of each detection of one class, best score first. */
export interface Matching {
  readonly scores: readonly number[];
  /** IoU with the object it found, or 0 for a false alarm. */
  readonly overlaps: readonly number[];
  /** Objects that count. */
  readonly objects: number;
}

export function iou(a: Box, b: Box): number {
  const overlap = intersection(a, b);
  return overlap / (a[2] * a[3] + b[2] * b[3] - overlap);
}

function intersection(a: Box, b: Box): number {
  const w = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const h = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  return w > 0 && h > 0 ? w * h : 0;
}

/**
 * Matches the detections of a class to its objects, best score first, each to the free object it
 * overlaps most. A detection without one is left out if it lies on an object that does not count
 * (of any class: IoU over the threshold, or more than half of it inside).
 */
export function matchClass(
  detections: readonly Detection[],
  truths: readonly Truth[],
  classId: number,
  threshold: number,
): Matching {
  const byFrame = Map.groupBy(truths, (truth) => truth.frame);
  const taken = new Set<Truth>();
  const scores: number[] = [];
  const overlaps: number[] = [];
  const ranked = detections
    .filter((detection) => detection.classId === classId)
    .toSorted((a, b) => b.score - a.score);
  for (const detection of ranked) {
    const present = byFrame.get(detection.frame) ?? [];
    let best: Truth | undefined;
    let bestOverlap = threshold;
    for (const truth of present) {
      if (!truth.scored || truth.classId !== classId || taken.has(truth)) continue;
      const overlap = iou(detection.box, truth.box);
      if (overlap >= bestOverlap) [best, bestOverlap] = [truth, overlap];
    }
    if (best) taken.add(best);
    else if (
      present.some((truth) => !truth.scored && covers(truth.box, detection.box, threshold))
    ) {
      continue;
    }
    scores.push(detection.score);
    overlaps.push(best ? bestOverlap : 0);
  }
  const objects = truths.filter((truth) => truth.scored && truth.classId === classId).length;
  return { scores, overlaps, objects };
}

function covers(ignored: Box, detection: Box, threshold: number): boolean {
  const overlap = intersection(ignored, detection);
  return overlap > 0.5 * detection[2] * detection[3] || iou(ignored, detection) >= threshold;
}

/** Area under the precision-recall curve, precision made monotone (PASCAL VOC 2010, all points). */
export function averagePrecision({ overlaps, objects }: Matching): number {
  if (objects === 0) return NaN;
  const precision: number[] = [];
  let found = 0;
  overlaps.forEach((overlap, i) => {
    if (overlap > 0) found++;
    precision.push(found / (i + 1));
  });
  for (let i = precision.length - 2; i >= 0; i--) {
    precision[i] = Math.max(precision[i]!, precision[i + 1]!);
  }
  return overlaps.reduce((sum, overlap, i) => sum + (overlap > 0 ? precision[i]! : 0), 0) / objects;
}
