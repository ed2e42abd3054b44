/**
 * How the picture moved from the frame before to this one: x' = m00 x + m01 y + tx, y' = m10 x + m11 y + ty, in source
 * pixels. What stood still in the world is where this maps it.
 */
export type CameraMotion = readonly [
  m00: number,
  m01: number,
  tx: number,
  m10: number,
  m11: number,
  ty: number,
];
