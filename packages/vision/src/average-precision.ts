import { area, iou } from "./box.ts";
import type { BoxXyxy } from "./box.ts";

/** A box that a detector reports. */
export interface DetectedBox {
  /** Which picture it is in: any number that ground truth and detections share. */
  readonly frame: number;
  readonly classId: number;
  readonly score: number;
  readonly boxXyxy: BoxXyxy;
}

/** A box of the ground truth. */
export interface AnnotatedBox {
  readonly frame: number;
  readonly classId: number;
  readonly boxXyxy: BoxXyxy;
  /** It need not be found, and whatever is found on it is neither right nor wrong, of any class and any number. */
  readonly ignored?: boolean | undefined;
}

/** What became of the detections of one class. */
export interface DetectionMatching {
  /** Objects that have to be found. */
  readonly objects: number;
  /** Scores of the detections that are judged, falling. */
  readonly scores: Float64Array;
  /** IoU of each with the object that it found; 0 for a false alarm. */
  readonly overlaps: Float64Array;
}

/**
 * Matches the detections of a class to its objects by the rule of COCO's evaluation (Lin et al., "Microsoft COCO: common
 * objects in context", 2014, and its cocoeval): by falling score, ties in the order given, each takes the free object of
 * its frame that it overlaps most, if that reaches the threshold. A detection without an object is left out where an
 * ignored box covers it: by that share of the detection's area, as COCO treats its crowd regions, because an ignored box
 * may hold more than one thing. Unlike COCO's, an ignored box excuses every class, and there is no limit of detections
 * per picture.
 *
 * @param iouThreshold above 0 up to 1
 */
export function matchDetections(
  detections: readonly DetectedBox[],
  truth: readonly AnnotatedBox[],
  wantedClass: number,
  iouThreshold: number,
): DetectionMatching {
  const ignored = Map.groupBy(
    truth.filter((box) => box.ignored === true),
    ({ frame }) => frame,
  );
  const wanted = truth.filter((box) => box.ignored !== true && box.classId === wantedClass);
  const free = new Map<number, Set<AnnotatedBox>>();
  for (const [frame, boxes] of Map.groupBy(wanted, (box) => box.frame)) {
    free.set(frame, new Set(boxes));
  }
  const scores: number[] = [];
  const overlaps: number[] = [];
  const ranked = detections
    .filter(({ classId }) => classId === wantedClass)
    .sort((a, b) => b.score - a.score);
  for (const { frame, score, boxXyxy } of ranked) {
    const candidates = free.get(frame) ?? new Set();
    const best = bestOverlap(boxXyxy, candidates, iouThreshold);
    if (best !== undefined) candidates.delete(best.box);
    else if (ignored.get(frame)?.some((box) => covered(boxXyxy, box.boxXyxy) >= iouThreshold)) {
      continue;
    }
    scores.push(score);
    overlaps.push(best?.overlap ?? 0);
  }
  return {
    objects: wanted.length,
    scores: Float64Array.from(scores),
    overlaps: Float64Array.from(overlaps),
  };
}

/** Of 0, 0.01, …, 1. */
const RECALL_LEVELS = Array.from({ length: 101 }, (_, i) => i / 100);

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

function bestOverlap(
  boxXyxy: BoxXyxy,
  candidates: ReadonlySet<AnnotatedBox>,
  iouThreshold: number,
): { box: AnnotatedBox; overlap: number } | undefined {
  let best: { box: AnnotatedBox; overlap: number } | undefined;
  for (const box of candidates) {
    const overlap = iou(boxXyxy, box.boxXyxy);
    if (overlap >= iouThreshold && overlap > (best?.overlap ?? 0)) best = { box, overlap };
  }
  return best;
}

/** The share of a box that lies inside a region. */
function covered(box: BoxXyxy, region: BoxXyxy): number {
  const inside: BoxXyxy = [
    Math.max(box[0], region[0]),
    Math.max(box[1], region[1]),
    Math.min(box[2], region[2]),
    Math.min(box[3], region[3]),
  ];
  const whole = area(box);
  return whole > 0 ? area(inside) / whole : 0;
}
