import type { BoxXyxy } from "@framequeue/vision";
import { advanceSortFilter, correctSortFilter, addedHeightPx } from "./kalman-sort.ts";

/**
 * Observation-centric re-update (ORU, section 4.1): leads the filter through a gap along boxes whose centre, width and
 * height change linearly from the one before the gap to the one after. The last of them is the box after the gap, with
 * which the filter is corrected here as well as in the usual way afterwards.
 *
 * @param filter overwritten
 * @param frozen the filter as it was predicted for the first frame of the gap
 * @param frames from one box to the other
 */
export function replayGap(
  filter: Float64Array,
  frozen: Float64Array,
  before: BoxXyxy,
  after: BoxXyxy,
  frames: number,
): void {
  filter.set(frozen);
  for (let at = 1; at <= frames; at++) {
    if (at > 1) advanceSortFilter(filter);
    correctSortFilter(filter, between(before, after, at / frames), addedHeightPx);
  }
}

/** @param share of the way, 0 to 1; linear in the corners is linear in centre and size */
function between(from: BoxXyxy, to: BoxXyxy, share: number): BoxXyxy {
  const mix = (i: 0 | 1 | 2 | 3): number => from[i] + share * (to[i] - from[i]);
  return [mix(0), mix(1), mix(2), mix(3)];
}
