import type { BoxXyxy } from "@framequeue/vision";
import { axisLength, correctAxis, predictAxis, startAxis } from "./constant-velocity.ts";

/**
 * The Kalman filter of SORT (Bewley et al. 2016, section 3.2, with the noise of its code): centre
 * x, centre y and area s with velocities, aspect ratio r = width / height without. Pixels and frames.
 *
 * State: three axes as in constant-velocity.ts, then r and its variance. Its covariance does not
 * depend on what is measured, only on when.
 */
export const sortFilterLength = 3 * axisLength + 2;

const centreX = 0;
const centreY = axisLength;
const boxArea = 2 * axisLength;
const areaVelocity = boxArea + 1;
const ratio = 3 * axisLength;
const ratioVariance = ratio + 1;

const initialVariance = 10;
const initialVelocityVariance = 1e4;
const processNoise = 1;
const velocityNoise = 0.01;
const areaVelocityNoise = 0.0001;
const centreNoise = 1;
const shapeNoise = 10;

/** What OC-SORT adds to a height where it measures the ratio. SORT adds nothing. */
export const addedHeightPx = 1e-6;

/** A filter at rest on the box, which must have an area. */
export function startSortFilter(box: BoxXyxy, addedHeight = 0): Float64Array {
  const filter = new Float64Array(sortFilterLength);
  const measured = measure(box, addedHeight);
  startAxis(filter, centreX, measured.x, initialVariance, initialVelocityVariance);
  startAxis(filter, centreY, measured.y, initialVariance, initialVelocityVariance);
  startAxis(filter, boxArea, measured.area, initialVariance, initialVelocityVariance);
  filter[ratio] = measured.ratio;
  filter[ratioVariance] = initialVariance;
  return filter;
}

/** Moves the filter one frame ahead. An area about to vanish stops shrinking instead. */
export function predictSortFilter(filter: Float64Array): void {
  if (filter[boxArea]! + filter[areaVelocity]! <= 0) filter[areaVelocity] = 0;
  advanceSortFilter(filter);
}

/** The same, whatever becomes of the area. */
export function advanceSortFilter(filter: Float64Array): void {
  predictAxis(filter, centreX, processNoise, velocityNoise);
  predictAxis(filter, centreY, processNoise, velocityNoise);
  predictAxis(filter, boxArea, processNoise, areaVelocityNoise);
  filter[ratioVariance]! += processNoise;
}

/** Corrects the filter with the box measured in the frame it stands at. */
export function correctSortFilter(filter: Float64Array, box: BoxXyxy, addedHeight = 0): void {
  const measured = measure(box, addedHeight);
  correctAxis(filter, centreX, measured.x, centreNoise);
  correctAxis(filter, centreY, measured.y, centreNoise);
  correctAxis(filter, boxArea, measured.area, shapeNoise);
  const innovationVariance = filter[ratioVariance]! + shapeNoise;
  filter[ratio]! +=
    (filter[ratioVariance]! / innovationVariance) * (measured.ratio - filter[ratio]!);
  filter[ratioVariance]! *= shapeNoise / innovationVariance;
}

/** The box the filter stands for; NaN where its area or ratio is negative. */
export function sortFilterBox(filter: Float64Array): BoxXyxy {
  const width = Math.sqrt(filter[boxArea]! * filter[ratio]!);
  const height = filter[boxArea]! / width;
  const x = filter[centreX]!;
  const y = filter[centreY]!;
  return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
}

function measure([x1, y1, x2, y2]: BoxXyxy, addedHeight: number) {
  const width = x2 - x1;
  const height = y2 - y1;
  return {
    x: x1 + width / 2,
    y: y1 + height / 2,
    area: width * height,
    ratio: width / (height + addedHeight),
  };
}
