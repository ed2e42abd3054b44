export { AgreementCounter } from "./agreement.ts";
export type { Agreement, LabelledBox } from "./agreement.ts";
export {
  averagePrecision,
  countDetections,
  meanAveragePrecision,
  precision,
  recall,
} from "./average-precision.ts";
export type { DetectionCounts } from "./average-precision.ts";
export { COCO_LIMITS, cocoScores } from "./coco-scores.ts";
export type { CocoScores, ClassScores } from "./coco-scores.ts";
export { matchDetections } from "./detection-matching.ts";
export type {
  AnnotatedBox,
  DetectedBox,
  DetectionMatching,
  MatchLimits,
} from "./detection-matching.ts";
export { area, clipBox, iou, xywhToXyxy, xyxyToXywh } from "./box.ts";
export type { BoxXywh, BoxXyxy, Size } from "./box.ts";
export { centerCrop } from "./center-crop.ts";
export { cropOf } from "./crop.ts";
export { DESCRIPTION_WORDS } from "./landmarks/describe.ts";
export {
  decodeLandmarks,
  encodeLandmarks,
  findLandmarks,
  pickLandmarks,
  placesOfLandmarks,
} from "./landmarks/landmarks.ts";
export type { Landmarks } from "./landmarks/landmarks.ts";
export { fitWithin } from "./fit-within.ts";
export { letterbox, letterboxBox, unletterbox } from "./letterbox.ts";
export type { Fit, Letterbox, Placement } from "./letterbox.ts";
export { nms } from "./nms.ts";
export { outlines } from "./outline.ts";
export type { OutlinePoint } from "./outline.ts";
export {
  decodeMask,
  encodeMask,
  maskArea,
  maskBox,
  maskIntersection,
  maskIou,
  RunBuilder,
  runsFromText,
  runsToText,
} from "./rle.ts";
export type { Runs } from "./rle.ts";
export { Resampler } from "./resample.ts";
export type { Region } from "./resample.ts";
export { boxDecimals, roundTo, scoreDecimals } from "./rounding.ts";
