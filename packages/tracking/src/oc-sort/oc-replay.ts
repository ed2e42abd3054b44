import type { BoxXyxy } from "@framequeue/vision";
import type { Sighting } from "./oc-motion.ts";
import { advanceSortFilter, correctSortFilter, addedHeightPx } from "../motion/kalman-sort.ts";

/**
 * Observation-centric re-update (ORU, section 4.1): leads the filter through a gap along boxes whose centre, width and
 * height change linearly from the one before the gap to the one after. The last of them is the box after the gap, with
 * which the filter is corrected here as well as in the usual way afterwards.
 *
 * @param filter overwritten
 * @param frozen the filter as it was predicted for the first frame of the gap; the other frames of the gap are as far
 *   apart
 */
export function replayGap(
  filter: Float64Array,
  frozen: { readonly filter: Float64Array; readonly frame: number },
  before: Sighting,
  after: Sighting,
): void {
  const step = frozen.frame - before.frame;
  filter.set(frozen.filter);
  for (let at = frozen.frame; ;) {
    const share = (at - before.frame) / (after.frame - before.frame);
    correctSortFilter(filter, between(before.box, after.box, share), addedHeightPx);
    if (at === after.frame) return;
    const next = Math.min(at + step, after.frame);
    for (; at < next; at++) advanceSortFilter(filter);
  }
}

/** @param share of the way, 0 to 1; linear in the corners is linear in centre and size */
function between(from: BoxXyxy, to: BoxXyxy, share: number): BoxXyxy {
  const mix = (i: 0 | 1 | 2 | 3): number => from[i] + share * (to[i] - from[i]);
  return [mix(0), mix(1), mix(2), mix(3)];
}
