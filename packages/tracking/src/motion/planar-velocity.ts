import type { CameraMotion } from "../camera/camera-motion.ts";

/**
 * A Kalman filter for a point of the plane that moves at constant velocity, with a time step of 1 frame: what remains of
 * the trackers' 8-dimensional filters once camera motion mixes x with y. (Position and size are never mixed, so a box
 * is two such points.) A filter is 14 numbers inside a longer array:
 *
 *   position p (2), velocity v (2), covariances of p with p (00, 01, 11), of p with v (00, 01, 10, 11) and of v with v
 *   (00, 01, 11)
 */
export const planeLength = 14;

export function startPlane(
  state: Float64Array,
  at: number,
  position: readonly [number, number],
  positionVariance: readonly [number, number],
  velocityVariance: readonly [number, number],
): void {
  state.fill(0, at, at + planeLength);
  [state[at], state[at + 1]] = position;
  [state[at + 4], state[at + 6]] = positionVariance;
  [state[at + 11], state[at + 13]] = velocityVariance;
}

/** One frame ahead: x = F x and P = F P Fᵀ + Q with F = [[I, I], [0, I]] and diagonal Q. */
export function predictPlane(
  state: Float64Array,
  at: number,
  positionNoise: readonly [number, number],
  velocityNoise: readonly [number, number],
): void {
  const s = state;
  s[at]! += s[at + 2]!;
  s[at + 1]! += s[at + 3]!;
  s[at + 4]! += 2 * s[at + 7]! + s[at + 11]! + positionNoise[0];
  s[at + 5]! += s[at + 8]! + s[at + 9]! + s[at + 12]!;
  s[at + 6]! += 2 * s[at + 10]! + s[at + 13]! + positionNoise[1];
  s[at + 7]! += s[at + 11]!;
  s[at + 8]! += s[at + 12]!;
  s[at + 9]! += s[at + 12]!;
  s[at + 10]! += s[at + 13]!;
  s[at + 11]! += velocityNoise[0];
  s[at + 13]! += velocityNoise[1];
}

/** Corrects with a measured position: gain K = P Hᵀ (H P Hᵀ + R)⁻¹, x += K y, P -= K H P. */
export function correctPlane(
  state: Float64Array,
  at: number,
  measured: readonly [number, number],
  noise: readonly [number, number],
): void {
  const s = state;
  const [p00, p01, p11] = [s[at + 4]!, s[at + 5]!, s[at + 6]!];
  const [c00, c01, c10, c11] = [s[at + 7]!, s[at + 8]!, s[at + 9]!, s[at + 10]!];
  const determinant = (p00 + noise[0]) * (p11 + noise[1]) - p01 * p01;
  const i00 = (p11 + noise[1]) / determinant;
  const i01 = -p01 / determinant;
  const i11 = (p00 + noise[0]) / determinant;
  // Rows of the gain: of the two positions, then of the two velocities.
  const [k00, k01] = [p00 * i00 + p01 * i01, p00 * i01 + p01 * i11];
  const [k10, k11] = [p01 * i00 + p11 * i01, p01 * i01 + p11 * i11];
  const [k20, k21] = [c00 * i00 + c10 * i01, c00 * i01 + c10 * i11];
  const [k30, k31] = [c01 * i00 + c11 * i01, c01 * i01 + c11 * i11];
  const y0 = measured[0] - s[at]!;
  const y1 = measured[1] - s[at + 1]!;
  s[at]! += k00 * y0 + k01 * y1;
  s[at + 1]! += k10 * y0 + k11 * y1;
  s[at + 2]! += k20 * y0 + k21 * y1;
  s[at + 3]! += k30 * y0 + k31 * y1;
  s[at + 4]! -= k00 * p00 + k01 * p01;
  s[at + 5]! -= k00 * p01 + k01 * p11;
  s[at + 6]! -= k10 * p01 + k11 * p11;
  s[at + 7]! -= k00 * c00 + k01 * c10;
  s[at + 8]! -= k00 * c01 + k01 * c11;
  s[at + 9]! -= k10 * c00 + k11 * c10;
  s[at + 10]! -= k10 * c01 + k11 * c11;
  s[at + 11]! -= k20 * c00 + k21 * c10;
  s[at + 12]! -= k20 * c01 + k21 * c11;
  s[at + 13]! -= k30 * c01 + k31 * c11;
}

/** Turns and scales the plane: x = M x for position and velocity, P = M P Mᵀ. Does not move it. */
export function warpPlane(
  state: Float64Array,
  at: number,
  [m00, m01, , m10, m11]: CameraMotion,
): void {
  const s = state;
  for (const i of [at, at + 2]) {
    const [x, y] = [s[i]!, s[i + 1]!];
    s[i] = m00 * x + m01 * y;
    s[i + 1] = m10 * x + m11 * y;
  }
  for (const i of [at + 4, at + 11]) {
    const [a, b, c] = [s[i]!, s[i + 1]!, s[i + 2]!];
    s[i] = m00 * m00 * a + 2 * m00 * m01 * b + m01 * m01 * c;
    s[i + 1] = m00 * m10 * a + (m00 * m11 + m01 * m10) * b + m01 * m11 * c;
    s[i + 2] = m10 * m10 * a + 2 * m10 * m11 * b + m11 * m11 * c;
  }
  const [a, b, c, d] = [s[at + 7]!, s[at + 8]!, s[at + 9]!, s[at + 10]!];
  const [e, f] = [m00 * a + m01 * c, m00 * b + m01 * d];
  const [g, h] = [m10 * a + m11 * c, m10 * b + m11 * d];
  s[at + 7] = e * m00 + f * m01;
  s[at + 8] = e * m10 + f * m11;
  s[at + 9] = g * m00 + h * m01;
  s[at + 10] = g * m10 + h * m11;
}
