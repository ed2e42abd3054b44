import type { Size } from "@framequeue/contracts";

/** Pixels that are further from square than this are a mistake of the header, and taken for square. */
export const MOST_STRETCH = 16;

export interface FitOptions {
  /** Of the scaler; absent: ffmpeg's own. */
  readonly flags?: string;
  readonly format: string;
  readonly range?: "tv";
  /** Whether ffmpeg keeps the filters where pictures change their shape; else it sets them up anew. */
  readonly isKept?: boolean;
}

/**
 * Filters that bring every picture of a source to one size, as it is shown: pixels become square, and a picture of another
 * shape than the source's (recordings that were joined) is seen whole, in the middle, between black bars.
 *
 * @param shown the size of the source's pictures as they are shown
 * @param target the size of all pictures behind the filters, of the same shape up to its rounding
 */
export function fitFilters(shown: Size, target: Size, options: FitOptions): string[] {
  const { width, height } = target;
  const each = options.isKept === true ? ["eval=frame"] : [];
  const ratio = width / height;
  const aspect = `if(between(sar,1/${MOST_STRETCH},${MOST_STRETCH}),dar,iw/ih)`;
  const sameShape = `lte(abs(${aspect}*${shown.height}/${shown.width}-1),${tolerance(shown)})`;
  const wider = `gt(${aspect},${ratio})`;
  const fittedWidth = `if(${sameShape}+${wider},${width},max(1,round(${height}*${aspect})))`;
  const fittedHeight = `if(${sameShape}+not(${wider}),${height},max(1,round(${width}/(${aspect}))))`;
  const scale = [
    `scale=w='${fittedWidth}':h='${fittedHeight}'`,
    ...(options.flags === undefined ? [] : [`flags=${options.flags}`]),
    ...(options.range === undefined ? [] : [`out_range=${options.range}`]),
    ...each,
  ].join(":");
  const pad = [`pad=${width}:${height}:-1:-1`, ...each].join(":");
  // Where colour is stored at half the size, ffmpeg pads to even sizes only.
  const isHalved = options.format === "yuv420p" && (width % 2 === 1 || height % 2 === 1);
  return isHalved
    ? [scale, "format=yuv444p", pad, `format=${options.format}`]
    : [scale, `format=${options.format}`, pad];
}

/** How far two shapes may be apart and be the same: sizes are whole numbers. */
function tolerance({ width, height }: Size): string {
  return Math.max(0.01, 1.5 / Math.min(width, height)).toFixed(4);
}
