import type { DetectionMatching } from "./detection-matching.ts";

/** Of 0, 0.01, …, 1, multiplied and not divided, as COCO's tools have them: a last bit can cost a level. */
const RECALL_LEVELS = Array.from({ length: 101 }, (_, i) => i * 0.01);

/**
 * Average precision as COCO takes it: the mean, over the recalls 0, 0.01, …, 1, of the best precision that is reached at
 * that recall or a higher one, 0 where no such recall is reached. Between 0 and 1; undefined without objects.
 *
 * Detections that a score threshold has taken out before end the curve early, so it is then a lower bound.
 */
export function averagePrecision(matching: DetectionMatching): number | undefined {
  const { objects, overlaps } = matching;
  if (objects === 0) return undefined;
  const hits: number[] = [];
  const precisions: number[] = [];
  let found = 0;
  for (const [index, overlap] of overlaps.entries()) {
    if (overlap > 0) found++;
    hits.push(found);
    precisions.push(found / (index + 1));
  }
  for (let i = precisions.length - 2; i >= 0; i--) {
    precisions[i] = Math.max(precisions[i]!, precisions[i + 1]!);
  }
  let at = 0;
  let sum = 0;
  for (const level of RECALL_LEVELS) {
    while (at < hits.length && hits[at]! / objects < level) at++;
    sum += precisions[at] ?? 0;
  }
  return sum / RECALL_LEVELS.length;
}

/** Mean over the classes that have objects; undefined where none has. */
export function meanAveragePrecision(matchings: Iterable<DetectionMatching>): number | undefined {
  const values = Array.from(matchings, averagePrecision).filter((value) => value !== undefined);
  if (values.length === 0) return undefined;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export interface DetectionCounts {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
}

/** Counts over one or more classes when only detections of at least `minScore` are reported. */
export function countDetections(
  matchings: Iterable<DetectionMatching>,
  minScore = 0,
): DetectionCounts {
  let truePositives = 0;
  let falsePositives = 0;
  let objects = 0;
  for (const matching of matchings) {
    objects += matching.objects;
    for (const [index, score] of matching.scores.entries()) {
      if (score < minScore) break;
      if (matching.overlaps[index]! > 0) truePositives++;
      else falsePositives++;
    }
  }
  return { truePositives, falsePositives, falseNegatives: objects - truePositives };
}

/** TP / (TP + FP), 0 to 1; undefined without detections. */
export function precision(counts: DetectionCounts): number | undefined {
  return share(counts.truePositives, counts.falsePositives);
}

/** TP / (TP + FN), 0 to 1; undefined without objects. */
export function recall(counts: DetectionCounts): number | undefined {
  return share(counts.truePositives, counts.falseNegatives);
}

function share(part: number, rest: number): number | undefined {
  return part + rest === 0 ? undefined : part / (part + rest);
}
