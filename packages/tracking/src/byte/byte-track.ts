import { ByteAssociation } from "./byte-association.ts";
import type { ByteOptions, ByteState } from "./byte-association.ts";
import { xyahMotion } from "../motion/kalman-xyah.ts";

export interface ByteTrackOptions extends ByteOptions {
  /**
   * Match the box of a track's last match instead of its prediction, as the authors' C++ port does.
   * Default: false.
   */
  readonly matchLastBox?: boolean;
}

/** ByteTrack (see byte-association.ts) with its own motion model. A track is shown from its second match on. */
export function createByteTrack(
  { matchLastBox = false, ...options }: ByteTrackOptions,
  state?: ByteState,
): ByteAssociation {
  const parts = { motion: xyahMotion, showsFounded: false, matchesLastBox: matchLastBox };
  return new ByteAssociation(options, parts, state);
}
