/** Cells of all strides together. */
export function anchorCount(width: number, height: number, strides: readonly number[]): number {
  return strides.reduce(
    (sum, stride) => sum + Math.floor(width / stride) * Math.floor(height / stride),
    0,
  );
}
