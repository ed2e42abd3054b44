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
  /** Square pixels; those of the box by default. COCO has that of the mask here. */
  readonly area?: number | undefined;
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

/** Which objects have to be found, and how many detections of a frame are looked at. */
export interface MatchLimits {
  /** Least and largest area, in square pixels; objects and false alarms outside are neither right nor wrong. */
  readonly area?: readonly [least: number, largest: number] | undefined;
  /** Detections of a frame that count, the best ones; all by default. */
  readonly perFrame?: number | undefined;
}

/**
 * Matches the detections of a class to its objects by the rule of COCO's evaluation (Lin et al., "Microsoft COCO: common
 * objects in context", 2014, and `cocoeval` of cocodataset/cocoapi): by falling score, ties in the order given, each
 * takes the free object of its frame that it overlaps most, if that reaches the threshold. One without such an object is
 * left out where it lies on an object that need not be found, or is itself of an area that is not asked for. An ignored
 * box may hold more than one thing: it counts as covered by that share of the detection's area, as COCO treats its crowd
 * regions. Unlike COCO's, it excuses every class; give the ignored boxes of the class alone to have it as COCO does.
 *
 * @param iouThreshold above 0 up to 1
 */
export function matchDetections(
  detections: readonly DetectedBox[],
  truth: readonly AnnotatedBox[],
  wantedClass: number,
  iouThreshold: number,
  limits: MatchLimits = {},
): DetectionMatching {
  return matchClass(framesOfClass(detections, truth, wantedClass), iouThreshold, limits);
}

/** A frame's detections and objects of a class. */
export interface FrameOfClass {
  /** By falling score. */
  readonly detections: readonly DetectedBox[];
  readonly objects: readonly AnnotatedBox[];
  /** `[detections, objects]`: overlaps, of ignored objects the share that they cover. */
  readonly overlaps: Float64Array;
}

/** The frames in which there is something of a class, by their numbers, with the overlaps that every matching needs. */
export function framesOfClass(
  detections: readonly DetectedBox[],
  truth: readonly AnnotatedBox[],
  wantedClass: number,
): FrameOfClass[] {
  const found = Map.groupBy(
    detections.filter(({ classId }) => classId === wantedClass),
    ({ frame }) => frame,
  );
  const objects = Map.groupBy(
    truth.filter(({ ignored, classId }) => ignored === true || classId === wantedClass),
    ({ frame }) => frame,
  );
  const frames = [...new Set([...found.keys(), ...objects.keys()])].sort((a, b) => a - b);
  return frames.map((frame) => {
    const ranked = (found.get(frame) ?? []).toSorted((a, b) => b.score - a.score);
    const boxes = objects.get(frame) ?? [];
    const overlaps = new Float64Array(ranked.length * boxes.length);
    ranked.forEach(({ boxXyxy }, d) =>
      boxes.forEach((box, g) => {
        overlaps[d * boxes.length + g] =
          box.ignored === true ? covered(boxXyxy, box.boxXyxy) : iou(boxXyxy, box.boxXyxy);
      }),
    );
    return { detections: ranked, objects: boxes, overlaps };
  });
}

/** Matches the frames of a class, as `matchDetections` says. */
export function matchClass(
  frames: readonly FrameOfClass[],
  iouThreshold: number,
  { area: range, perFrame = Number.POSITIVE_INFINITY }: MatchLimits = {},
): DetectionMatching {
  const inRange = (value: number): boolean =>
    range === undefined || (value >= range[0] && value <= range[1]);
  const judged: { readonly score: number; readonly overlap: number }[] = [];
  let objectsToFind = 0;
  for (const { detections, objects, overlaps } of frames) {
    const isWanted = objects.map(
      (object) => object.ignored !== true && inRange(object.area ?? area(object.boxXyxy)),
    );
    objectsToFind += isWanted.filter(Boolean).length;
    // those that have to be found come first: nothing is given up for one that need not be
    const order = objects
      .map((_, g) => g)
      .sort((a, b) => Number(isWanted[b]) - Number(isWanted[a]));
    const isTaken = new Uint8Array(objects.length);
    for (const [d, { score, boxXyxy }] of detections.slice(0, perFrame).entries()) {
      let best = -1;
      let least = Math.min(iouThreshold, 1 - 1e-10);
      for (const g of order) {
        if (isTaken[g] === 1 && objects[g]!.ignored !== true) continue;
        if (best !== -1 && isWanted[best] && !isWanted[g]) break;
        const overlap = overlaps[d * objects.length + g]!;
        if (overlap < least) continue;
        least = overlap;
        best = g;
      }
      if (best !== -1) isTaken[best] = 1;
      if (best === -1 ? !inRange(area(boxXyxy)) : !isWanted[best]) continue;
      judged.push({ score, overlap: best === -1 ? 0 : least });
    }
  }
  judged.sort((a, b) => b.score - a.score);
  return {
    objects: objectsToFind,
    scores: Float64Array.from(judged, ({ score }) => score),
    overlaps: Float64Array.from(judged, ({ overlap }) => overlap),
  };
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
