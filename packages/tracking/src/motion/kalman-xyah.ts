import type { BoxXyxy } from "@framequeue/vision";
import type { MotionModel } from "./motion-model.ts";
import {
  axisDistance,
  axisLength,
  correctAxis,
  predictAxis,
  startAxis,
} from "./constant-velocity.ts";

/**
 * The Kalman filter of DeepSORT and ByteTrack (Wojke et al. 2017, section 2.1, with the noise of its
 * code): centre x, centre y, aspect ratio a = width / height and height h, each with a velocity.
 * Pixels and frames. All deviations but those of a are in proportion to the h of the moment, so a
 * near, large box may move further than a far, small one.
 *
 * State: four axes as in constant-velocity.ts.
 */
export const xyahFilterLength = 4 * axisLength;

const centreX = 0;
const centreY = axisLength;
const ratio = 2 * axisLength;
const boxHeight = 3 * axisLength;
const heightVelocity = boxHeight + 1;

/** Standard deviations, per pixel of height. */
const positionDeviation = 1 / 20;
const velocityDeviation = 1 / 160;
/** A new filter trusts its one measurement less, and knows no velocity at all. */
const initialPositionFactor = 2;
const initialVelocityFactor = 10;

const ratioVariance = 1e-2 ** 2;
const ratioVelocityVariance = 1e-5 ** 2;
const ratioMeasurementVariance = 1e-1 ** 2;

/** A filter at rest on the box, which must have an area. */
export function startXyahFilter(box: BoxXyxy): Float64Array {
  const filter = new Float64Array(xyahFilterLength);
  const { x, y, aspect, height } = measure(box);
  const position = (initialPositionFactor * positionDeviation * height) ** 2;
  const velocity = (initialVelocityFactor * velocityDeviation * height) ** 2;
  startAxis(filter, centreX, x, position, velocity);
  startAxis(filter, centreY, y, position, velocity);
  startAxis(filter, ratio, aspect, ratioVariance, ratioVelocityVariance);
  startAxis(filter, boxHeight, height, position, velocity);
  return filter;
}

/** Moves the filter one frame ahead. */
export function predictXyahFilter(filter: Float64Array): void {
  const position = (positionDeviation * filter[boxHeight]!) ** 2;
  const velocity = (velocityDeviation * filter[boxHeight]!) ** 2;
  predictAxis(filter, centreX, position, velocity);
  predictAxis(filter, centreY, position, velocity);
  predictAxis(filter, ratio, ratioVariance, ratioVelocityVariance);
  predictAxis(filter, boxHeight, position, velocity);
}

/** Sets the velocity of the height to 0, so that a box out of sight neither grows nor shrinks. */
export function holdHeight(filter: Float64Array): void {
  filter[heightVelocity] = 0;
}

/** Corrects the filter with the box measured in the frame it stands at. */
export function correctXyahFilter(filter: Float64Array, box: BoxXyxy): void {
  const { x, y, aspect, height } = measure(box);
  const variance = (positionDeviation * filter[boxHeight]!) ** 2;
  correctAxis(filter, centreX, x, variance);
  correctAxis(filter, centreY, y, variance);
  correctAxis(filter, ratio, aspect, ratioMeasurementVariance);
  correctAxis(filter, boxHeight, height, variance);
}

/** The box the filter stands for; inverted where its ratio or height is negative. */
export function xyahFilterBox(filter: Float64Array): BoxXyxy {
  const height = filter[boxHeight]!;
  const width = filter[ratio]! * height;
  const left = filter[centreX]! - width / 2;
  const top = filter[centreY]! - height / 2;
  return [left, top, left + width, top + height];
}

/** How far a box lies from where the filter expects it: the squared Mahalanobis distance over all four coordinates. */
export function xyahDistance(filter: Float64Array, box: BoxXyxy): number {
  const { x, y, aspect, height } = measure(box);
  const variance = (positionDeviation * filter[boxHeight]!) ** 2;
  return (
    axisDistance(filter, centreX, x, variance) +
    axisDistance(filter, centreY, y, variance) +
    axisDistance(filter, ratio, aspect, ratioMeasurementVariance) +
    axisDistance(filter, boxHeight, height, variance)
  );
}

export const xyahMotion: MotionModel = {
  length: xyahFilterLength,
  start: startXyahFilter,
  predict: predictXyahFilter,
  holdSize: holdHeight,
  correct: correctXyahFilter,
  box: xyahFilterBox,
};

function measure([x1, y1, x2, y2]: BoxXyxy) {
  const width = x2 - x1;
  const height = y2 - y1;
  return { x: x1 + width / 2, y: y1 + height / 2, aspect: width / height, height };
}
