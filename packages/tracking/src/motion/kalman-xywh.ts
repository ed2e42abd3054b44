import type { BoxXyxy } from "@framequeue/vision";
import type { CameraMotion } from "../camera/camera-motion.ts";
import type { MotionModel } from "./motion-model.ts";
import {
  correctPlane,
  planeLength,
  predictPlane,
  startPlane,
  warpPlane,
} from "./planar-velocity.ts";

const centre = 0;
const size = planeLength;
const sizeVelocity = size + 2;

/** Standard deviations, per pixel of width for x and width, of height for y and height. */
const positionDeviation = 1 / 20;
const velocityDeviation = 1 / 160;
/** A new filter trusts its one measurement less, and knows no velocity at all. */
const initialPositionFactor = 2;
const initialVelocityFactor = 10;

/**
 * The Kalman filter of BoT-SORT (Aharon et al. 2022, section 3.1, with the noise of its code): centre x, centre y, width
 * and height, each with a velocity. Pixels and frames. All deviations are in proportion to the width or height of the
 * moment.
 *
 * State: centre and size, each as in planar-velocity.ts.
 */
export const xywhMotion: MotionModel = {
  length: 2 * planeLength,

  start(box) {
    const filter = new Float64Array(2 * planeLength);
    const measured = measure(box);
    const position = variances(measured.size, initialPositionFactor * positionDeviation);
    const velocity = variances(measured.size, initialVelocityFactor * velocityDeviation);
    startPlane(filter, centre, measured.centre, position, velocity);
    startPlane(filter, size, measured.size, position, velocity);
    return filter;
  },

  predict(filter) {
    const [position, velocity] = [
      variances(sizeOf(filter), positionDeviation),
      variances(sizeOf(filter), velocityDeviation),
    ];
    predictPlane(filter, centre, position, velocity);
    predictPlane(filter, size, position, velocity);
  },

  holdSize(filter) {
    filter[sizeVelocity] = 0;
    filter[sizeVelocity + 1] = 0;
  },

  correct(filter, box) {
    const measured = measure(box);
    const noise = variances(sizeOf(filter), positionDeviation);
    correctPlane(filter, centre, measured.centre, noise);
    correctPlane(filter, size, measured.size, noise);
  },

  box(filter) {
    const [width, height] = sizeOf(filter);
    const left = filter[centre]! - width / 2;
    const top = filter[centre + 1]! - height / 2;
    return [left, top, left + width, top + height];
  },

  /** Section 3.2: the size is turned like the centre, but not moved. */
  warp(filter, motion: CameraMotion) {
    warpPlane(filter, centre, motion);
    warpPlane(filter, size, motion);
    filter[centre]! += motion[2];
    filter[centre + 1]! += motion[5];
  },
};

function sizeOf(filter: Float64Array): readonly [number, number] {
  return [filter[size]!, filter[size + 1]!];
}

function variances(
  [width, height]: readonly [number, number],
  deviation: number,
): readonly [number, number] {
  return [(deviation * width) ** 2, (deviation * height) ** 2];
}

function measure([x1, y1, x2, y2]: BoxXyxy): Record<"centre" | "size", readonly [number, number]> {
  const width = x2 - x1;
  const height = y2 - y1;
  return { centre: [x1 + width / 2, y1 + height / 2], size: [width, height] };
}
