/** Decimals of box coordinates in results: a hundredth of a pixel. */
export const boxDecimals = 2;

/** Decimals of scores in results. */
export const scoreDecimals = 4;

/**
 * The number with so many decimals that results carry. Halves go up, as in `Math.round`; the
 * result is never -0, which JSON would write as 0 and a reader could not get back. Rounding a
 * rounded number changes nothing. NaN and infinities come back as they are.
 */
export function roundTo(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  const scaled = value * scale;
  return Number.isFinite(scaled) ? Math.round(scaled) / scale + 0 : value;
}
