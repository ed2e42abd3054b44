/**
 * A Kalman filter for one coordinate that moves at constant velocity, with a time step of 1 frame.
 *
 * The trackers' 7- and 8-dimensional filters move each coordinate by its own velocity and have
 * diagonal noise, so all covariances between coordinates are exactly 0 and the big filter is this
 * small one, once per coordinate. (Not so once camera motion mixes x and y: that needs the full
 * matrices.) A filter is 5 numbers inside a longer array, so that a track's state is one flat array:
 *
 *   position, velocity, variance of position, covariance, variance of velocity
 */
export const axisLength = 5;

export function startAxis(
  state: Float64Array,
  at: number,
  position: number,
  positionVariance: number,
  velocityVariance: number,
): void {
  state[at] = position;
  state[at + 1] = 0;
  state[at + 2] = positionVariance;
  state[at + 3] = 0;
  state[at + 4] = velocityVariance;
}

/** One frame ahead: x = F x and P = F P Fᵀ + Q with F = [[1, 1], [0, 1]] and diagonal Q. */
export function predictAxis(
  state: Float64Array,
  at: number,
  positionNoise: number,
  velocityNoise: number,
): void {
  const covariance = state[at + 3]!;
  const velocityVariance = state[at + 4]!;
  state[at]! += state[at + 1]!;
  state[at + 2]! += covariance + (covariance + velocityVariance) + positionNoise;
  state[at + 3] = covariance + velocityVariance;
  state[at + 4] = velocityVariance + velocityNoise;
}

/** Corrects with a measured position: gain K = P Hᵀ / (H P Hᵀ + R), x += K y, P = (I - K H) P. */
export function correctAxis(
  state: Float64Array,
  at: number,
  measured: number,
  measurementNoise: number,
): void {
  const covariance = state[at + 3]!;
  const innovationVariance = state[at + 2]! + measurementNoise;
  const velocityGain = covariance / innovationVariance;
  const residual = measured - state[at]!;
  state[at]! += (state[at + 2]! / innovationVariance) * residual;
  state[at + 1]! += velocityGain * residual;
  // 1 - K in a form that loses no digits
  const rest = measurementNoise / innovationVariance;
  state[at + 2]! *= rest;
  state[at + 3] = covariance * rest;
  state[at + 4]! -= velocityGain * covariance;
}

/** The squared Mahalanobis distance of a measured position: y² / (H P Hᵀ + R). */
export function axisDistance(
  state: Float64Array,
  at: number,
  measured: number,
  measurementNoise: number,
): number {
  const residual = measured - state[at]!;
  return (residual * residual) / (state[at + 2]! + measurementNoise);
}
