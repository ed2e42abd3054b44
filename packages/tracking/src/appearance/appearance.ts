/**
 * What a detection looks like, as a model tells: a vector of length 1, in the 32-bit floats that models give, so that
 * checkpoints hold all of it in little room. Alike objects have vectors that point alike.
 */
export type Feature = Float32Array;

/** The vector at length 1; undefined where it has none, or is not finite: such a detection looks like nothing. */
export function unitFeature(values: ArrayLike<number>): Feature | undefined {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! * values[i]!;
  const length = Math.sqrt(squares);
  if (!(length > 0 && length < Number.POSITIVE_INFINITY)) return undefined;
  const feature = new Float32Array(values.length);
  for (let i = 0; i < feature.length; i++) feature[i] = values[i]! / length;
  return feature;
}

/**
 * 1 - cosine of the angle: 0 where both look the same, up to 2.
 *
 * @throws RangeError if they differ in length: they are of different models
 */
export function cosineDistance(a: Feature, b: Feature): number {
  if (a.length !== b.length) {
    throw new RangeError(`features of ${a.length} and ${b.length} numbers cannot be compared`);
  }
  let product = 0;
  for (let i = 0; i < a.length; i++) product += a[i]! * b[i]!;
  return 1 - product;
}
