import { averagePrecision } from "./average-precision.ts";
import type {
  AnnotatedBox,
  DetectedBox,
  DetectionMatching,
  FrameOfClass,
  MatchLimits,
} from "./detection-matching.ts";
import { framesOfClass, matchClass } from "./detection-matching.ts";

/** IoU thresholds 0.50, 0.55, …, 0.95, as `numpy.linspace` gives them. */
const THRESHOLDS = Array.from({ length: 10 }, (_, i) => (i === 9 ? 0.95 : 0.5 + i * 0.05));

/** Areas in square pixels, and the detections of a picture that count. */
export const COCO_LIMITS = {
  all: [0, 1e10],
  small: [0, 32 ** 2],
  medium: [32 ** 2, 96 ** 2],
  large: [96 ** 2, 1e10],
  perPicture: [1, 10, 100],
} as const;

/** Scores of one class, 0 to 1; undefined where it has no objects. */
export interface ClassScores {
  readonly classId: number;
  readonly objects: number;
  readonly ap: number | undefined;
  readonly ap50: number | undefined;
  readonly ap75: number | undefined;
}

/** The twelve numbers of COCO's summary, 0 to 1; undefined where there are no such objects. And each class's own. */
export interface CocoScores {
  readonly ap: number | undefined;
  readonly ap50: number | undefined;
  readonly ap75: number | undefined;
  readonly apSmall: number | undefined;
  readonly apMedium: number | undefined;
  readonly apLarge: number | undefined;
  readonly ar1: number | undefined;
  readonly ar10: number | undefined;
  readonly ar100: number | undefined;
  readonly arSmall: number | undefined;
  readonly arMedium: number | undefined;
  readonly arLarge: number | undefined;
  readonly classes: readonly ClassScores[];
}

/**
 * Scores boxes as COCO's evaluation does: average precision over 101 recalls, and the recall that is reached at last,
 * both as means over the IoU thresholds 0.50 to 0.95 and over the classes that have objects.
 *
 * Source: `COCOeval` of cocodataset/cocoapi for `bbox`. An ignored box of the truth is a crowd region of its class.
 *
 * @param classIds the classes that are scored
 */
export function cocoScores(
  detections: readonly DetectedBox[],
  truth: readonly AnnotatedBox[],
  classIds: readonly number[],
): CocoScores {
  const detectionsOf = Map.groupBy(detections, ({ classId }) => classId);
  const truthOf = Map.groupBy(truth, ({ classId }) => classId);
  const frames = classIds.map((classId) =>
    framesOfClass(detectionsOf.get(classId) ?? [], truthOf.get(classId) ?? [], classId),
  );
  const { all, small, medium, large, perPicture } = COCO_LIMITS;
  const [one, ten, hundred] = perPicture;
  const matchings = (area: MatchLimits["area"], perFrame: number): DetectionMatching[][] =>
    frames.map((own) => matchAll(own, { area, perFrame }));
  const whole = matchings(all, hundred);
  const areas = [small, medium, large].map((area) => matchings(area, hundred));
  const at = (index: number): number | undefined =>
    mean(whole.map((thresholds) => averagePrecision(thresholds[index]!)));
  const [apSmall, apMedium, apLarge] = areas.map((each) => mean(each.flat().map(averagePrecision)));
  const [arSmall, arMedium, arLarge] = areas.map((each) => mean(each.flat().map(lastRecall)));
  return {
    ap: mean(whole.flat().map(averagePrecision)),
    ap50: at(0),
    ap75: at(5),
    apSmall,
    apMedium,
    apLarge,
    ar1: mean(matchings(all, one).flat().map(lastRecall)),
    ar10: mean(matchings(all, ten).flat().map(lastRecall)),
    ar100: mean(whole.flat().map(lastRecall)),
    arSmall,
    arMedium,
    arLarge,
    classes: classIds.map((classId, i) => ({
      classId,
      objects: whole[i]![0]!.objects,
      ap: mean(whole[i]!.map(averagePrecision)),
      ap50: averagePrecision(whole[i]![0]!),
      ap75: averagePrecision(whole[i]![5]!),
    })),
  };
}

function matchAll(frames: readonly FrameOfClass[], limits: MatchLimits): DetectionMatching[] {
  return THRESHOLDS.map((threshold) => matchClass(frames, threshold, limits));
}

/** Share of the objects that some detection found; undefined without objects. */
function lastRecall({ objects, overlaps }: DetectionMatching): number | undefined {
  return objects === 0 ? undefined : overlaps.filter((overlap) => overlap > 0).length / objects;
}

function mean(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0
    ? undefined
    : known.reduce((sum, value) => sum + value, 0) / known.length;
}
