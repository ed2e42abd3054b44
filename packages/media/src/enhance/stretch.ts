/** `value * gain + offset`, clipped to 0…255. */
export interface Stretch {
  readonly gain: number;
  readonly offset: number;
}

/** Share of the pixels that may be clipped at either end. */
const CLIPPED = 0.01;
/** Beyond this a dark, even picture would turn into its own noise. */
const MAX_GAIN = 4;
/** More samples than this do not change percentiles, but they cost time. */
const MAX_SAMPLES = 100_000;

/**
 * Finds what maps the 1st percentile of a plane to 0 and the 99th to 255, at most four times as steep as it was.
 * Undefined where the plane has one value or has the full range already.
 */
export function chooseStretch(plane: Uint8Array): Stretch | undefined {
  const counts = new Uint32Array(256);
  const step = Math.max(1, Math.floor(plane.length / MAX_SAMPLES));
  let samples = 0;
  for (let index = 0; index < plane.length; index += step) {
    counts[plane[index] ?? 0] = (counts[plane[index] ?? 0] ?? 0) + 1;
    samples += 1;
  }
  const low = valueAbove(counts, samples * CLIPPED);
  const high = valueAbove(counts, samples * (1 - CLIPPED));
  if (high <= low || (low === 0 && high === 255)) return undefined;
  const gain = Math.min(MAX_GAIN, 255 / (high - low));
  return { gain, offset: low === 0 ? 0 : -low * gain };
}

/** The smallest value that more than `share` samples do not exceed. */
function valueAbove(counts: Uint32Array, share: number): number {
  let seen = 0;
  for (const [value, count] of counts.entries()) {
    seen += count;
    if (seen > share) return value;
  }
  return 255;
}
