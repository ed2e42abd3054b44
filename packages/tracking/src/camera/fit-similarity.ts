/** x' = scale x - turn y + tx; y' = turn x + scale y + ty: a picture moved, turned and scaled, and nothing else. */
export interface Similarity {
  readonly scale: number;
  readonly turn: number;
  readonly tx: number;
  readonly ty: number;
}

/** Points as x, y, x, y, …; the i-th of `from` has become the i-th of `to`. */
export interface PointPairs {
  readonly from: Float64Array;
  readonly to: Float64Array;
}

/** Pairs of pairs that are tried. */
const TRIES = 200;
/** Fewest pairs, and least share of all, that must agree. */
const MIN_AGREEING = 10;
const MIN_AGREEING_SHARE = 0.3;
/** Scales beyond this are no camera's from one frame to a near one. */
const MAX_SCALE = 1.5;

/**
 * The similarity by which most points have moved, of which others, that are wrong or moved by themselves, are many. Tries
 * pairs of points as RANSAC does, but always the same ones, so that equal points give equal numbers; then fits by least squares to all that
 * agree, twice.
 *
 * @param tolerance how far a point may lie from where it should, in the points' unit
 * @returns undefined where too few agree
 */
export function fitSimilarity(points: PointPairs, tolerance: number): Similarity | undefined {
  const count = points.from.length / 2;
  if (count < MIN_AGREEING) return undefined;
  let best: Similarity | undefined;
  let most = 0;
  for (let i = 0; i < TRIES; i++) {
    const first = i % count;
    // a prime, so that the distances run through all
    const second = (first + 1 + ((i * 7919) % (count - 1))) % count;
    const tried = leastSquares(points, [first, second]);
    if (tried === undefined || !isPlausible(tried)) continue;
    const agreeing = agree(points, tried, tolerance).length;
    if (agreeing <= most) continue;
    most = agreeing;
    best = tried;
  }
  for (let round = 0; round < 2 && best !== undefined; round++) {
    best = leastSquares(points, agree(points, best, tolerance));
  }
  if (best === undefined || !isPlausible(best)) return undefined;
  const agreeing = agree(points, best, tolerance).length;
  const isEnough = agreeing >= MIN_AGREEING && agreeing >= MIN_AGREEING_SHARE * count;
  return isEnough ? best : undefined;
}

function isPlausible({ scale, turn }: Similarity): boolean {
  const square = scale * scale + turn * turn;
  return square < MAX_SCALE * MAX_SCALE && square * MAX_SCALE * MAX_SCALE > 1;
}

/** Indices of the pairs that the similarity explains. */
function agree({ from, to }: PointPairs, by: Similarity, tolerance: number): number[] {
  const { scale, turn, tx, ty } = by;
  const agreeing: number[] = [];
  for (let i = 0; i < from.length / 2; i++) {
    const [x, y] = [from[2 * i]!, from[2 * i + 1]!];
    const dx = scale * x - turn * y + tx - to[2 * i]!;
    const dy = turn * x + scale * y + ty - to[2 * i + 1]!;
    if (dx * dx + dy * dy <= tolerance * tolerance) agreeing.push(i);
  }
  return agreeing;
}

/** The similarity with the least sum of squared errors; undefined where all points are one. */
function leastSquares(
  { from, to }: PointPairs,
  indices: readonly number[],
): Similarity | undefined {
  let [fx, fy, gx, gy] = [0, 0, 0, 0];
  for (const i of indices) {
    fx += from[2 * i]!;
    fy += from[2 * i + 1]!;
    gx += to[2 * i]!;
    gy += to[2 * i + 1]!;
  }
  const count = indices.length;
  [fx, fy, gx, gy] = [fx / count, fy / count, gx / count, gy / count];
  let [square, along, across] = [0, 0, 0];
  for (const i of indices) {
    const [x, y] = [from[2 * i]! - fx, from[2 * i + 1]! - fy];
    const [u, v] = [to[2 * i]! - gx, to[2 * i + 1]! - gy];
    square += x * x + y * y;
    along += x * u + y * v;
    across += x * v - y * u;
  }
  if (!(square > 0)) return undefined;
  const scale = along / square;
  const turn = across / square;
  return { scale, turn, tx: gx - scale * fx + turn * fy, ty: gy - turn * fx - scale * fy };
}
