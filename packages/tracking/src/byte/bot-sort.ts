import { ByteAssociation } from "./byte-association.ts";
import type { ByteState } from "./byte-association.ts";
import { xywhMotion } from "../motion/kalman-xywh.ts";
import type { OwnOptions } from "../tracker-options.ts";

export type BotSortOptions = Omit<OwnOptions<"botsort">, "cameraMotion">;

/**
 * BoT-SORT: Aharon et al., "BoT-SORT: robust associations multi-pedestrian tracking" (2022), section 3, with the rules of
 * its published code: the association of ByteTrack with a motion model of width and height, moved along with the
 * camera, and looks beside overlap. Shows a track from the frame on that founds it.
 */
export function createBotSort(
  { appearance, proximityThreshold, appearanceThreshold, ...options }: BotSortOptions,
  state?: ByteState,
): ByteAssociation {
  const looks = { maxDistance: appearanceThreshold, maxOverlapCost: proximityThreshold };
  const parts = {
    ...{ motion: xywhMotion, showsFounded: true, matchesLastBox: false },
    ...(appearance ? { appearance: looks } : {}),
  };
  return new ByteAssociation(options, parts, state);
}
