/** Row-major rows; a column vector has rows of 1. */
type Matrix = number[][];

const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
const transpose = (a: Matrix): Matrix => a[0]!.map((_, j) => a.map((row) => row[j]!));
const combine = (a: Matrix, b: Matrix, sign: 1 | -1): Matrix =>
  a.map((row, i) => row.map((value, j) => value + sign * b[i]![j]!));
const diagonal = (values: readonly number[]): Matrix =>
  values.map((value, i) => values.map((_, j) => (i === j ? value : 0)));

/** Gauss and Jordan, for a positive definite matrix. */
function inverseOf(matrix: Matrix): Matrix {
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (const [i, pivot] of rows.entries()) {
    const scaled = pivot.map((value) => value / pivot[i]!);
    rows[i] = scaled;
    for (const [k, row] of rows.entries()) {
      if (k !== i) rows[k] = row.map((value, j) => value - row[i]! * scaled[j]!);
    }
  }
  return rows.map((row) => row.slice(matrix.length));
}

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

  /** Moves the state by x' = A x + b. */
  warp(matrix: Matrix, offset: readonly number[]): void {
    const column = offset.map((value) => [value]);
    this.mean = combine(product(matrix, this.mean), column, 1);
    this.covariance = product(product(matrix, this.covariance), transpose(matrix));
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
    const gain = product(cross, inverseOf(innovation));
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
