/** Row-major rows; a column vector has rows of 1. */
type Matrix = number[][];

const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
const transpose = (a: Matrix): Matrix => a[0]!.map((_, j) => a.map((row) => row[j]!));
const combine = (a: Matrix, b: Matrix, sign: 1 | -1): Matrix =>
  a.map((row, i) => row.map((value, j) => value + sign * b[i]![j]!));
const diagonal = (values: readonly number[]): Matrix =>
  values.map((value, i) => values.map((_, j) => (i === j ? value : 0)));

/**
 * The Kalman filter from the textbook, which tests hold the trackers' filters against: dense, with
 * the Joseph form of the covariance. 4 coordinates are measured, the velocities of the first
 * `size - 4` of them are not.
 */
export class DenseKalman {
  mean: Matrix;
  covariance: Matrix;
  readonly #identity: Matrix;
  readonly #motion: Matrix;
  readonly #observation: Matrix;

  /** @param variances of the coordinates, then of the velocities */
  constructor(measured: readonly number[], variances: readonly number[]) {
    this.mean = variances.map((_, i) => [measured[i] ?? 0]);
    this.covariance = diagonal(variances);
    this.#identity = diagonal(variances.map(() => 1));
    this.#motion = this.#identity.map((row, i) => row.map((value, j) => (j === i + 4 ? 1 : value)));
    this.#observation = this.#identity.slice(0, 4);
  }

  predict(variances: readonly number[]): void {
    this.mean = product(this.#motion, this.mean);
    const moved = product(product(this.#motion, this.covariance), transpose(this.#motion));
    this.covariance = combine(moved, diagonal(variances), 1);
  }

  correct(measured: readonly number[], variances: readonly number[]): void {
    const noise = diagonal(variances);
    const cross = product(this.covariance, transpose(this.#observation));
    const innovation = combine(product(this.#observation, cross), noise, 1);
    // No covariance between coordinates, so the inverse is that of the diagonal.
    const inverse = diagonal(innovation.map((row, i) => 1 / row[i]!));
    const gain = product(cross, inverse);
    const column = measured.map((value) => [value]);
    const residual = combine(column, product(this.#observation, this.mean), -1);
    this.mean = combine(this.mean, product(gain, residual), 1);
    const rest = combine(this.#identity, product(gain, this.#observation), -1);
    this.covariance = combine(
      product(product(rest, this.covariance), transpose(rest)),
      product(product(gain, noise), transpose(gain)),
      1,
    );
  }
}
