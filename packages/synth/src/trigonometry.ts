// Math.sin and its kin may differ in the last bits between JavaScript engines, and a frame's bytes
// must not. These use only operations that IEEE 754 defines exactly (+, -, *, /, sqrt, floor).

const TWO_PI = 6.283185307179586;
export const PI = 3.141592653589793;

/** Sine of an angle in radians; absolute error below 1e-6. */
export function sine(angle: number): number {
  let x = angle - TWO_PI * Math.floor(angle / TWO_PI + 0.5);
  if (x > PI / 2) x = PI - x;
  else if (x < -PI / 2) x = -PI - x;
  const s = x * x;
  // Taylor series to x^11 on [-pi/2, pi/2].
  const tail = 1 / 362880 - s / 39916800;
  return x * (1 - s * (1 / 6 - s * (1 / 120 - s * (1 / 5040 - s * tail))));
}

/** Cosine of an angle in radians; absolute error below 1e-6. */
export function cosine(angle: number): number {
  return sine(angle + PI / 2);
}

export function radians(degrees: number): number {
  return (degrees * PI) / 180;
}
