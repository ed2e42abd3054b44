import type { BoxXyxy } from "@framequeue/vision";
import type { CameraMotion } from "../camera/camera-motion.ts";

/** A Kalman filter of boxes. A filter's state is one flat array, so that a checkpoint can hold it as it is. */
export interface MotionModel {
  /** Numbers of a filter. */
  readonly length: number;
  /** A filter at rest on the box, which must have an area. */
  start(box: BoxXyxy): Float64Array;
  /** Moves the filter one frame ahead. */
  predict(filter: Float64Array): void;
  /** Keeps a box that is out of sight from growing or shrinking. */
  holdSize(filter: Float64Array): void;
  /** Corrects the filter with the box measured in the frame it stands at. */
  correct(filter: Float64Array, box: BoxXyxy): void;
  /** The box the filter stands for; may be inverted. */
  box(filter: Float64Array): BoxXyxy;
  /** Moves the filter with the picture. Absent where the model cannot. */
  warp?(filter: Float64Array, motion: CameraMotion): void;
}
